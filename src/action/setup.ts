/** Everything the user, the job and an earlier step said, checked as a whole before any request. */
import { defaultTag } from '../core/rollout/identity.ts';
import { secretsOf } from '../core/inputs/channel-inputs.ts';
import { parseInputs } from '../core/inputs/inputs.ts';
import type { Request } from '../core/inputs/inputs.ts';
import { principalOf } from '../core/doctor/principal.ts';
import type { Principal } from '../core/doctor/principal.ts';
import { Problem } from '../core/problem.ts';
import type { Finding } from '../core/problem.ts';
import { endpointsFrom } from '../edges/endpoints.ts';
import type { Endpoints } from '../edges/endpoints.ts';
import { readCredentialFile } from '../edges/google-credential-file.ts';
import type { CredentialFile } from '../edges/google-credential-file.ts';
import { accountOf, readCredentials } from '../edges/google-credentials.ts';
import type { Credentials, CredentialsRead } from '../edges/google-credentials.ts';
import type { RunContext } from '../edges/runner-context.ts';
import type { Runner } from '../edges/runner.ts';
import { readServiceFile } from './service-file.ts';

export type Access = {
  readonly endpoints: Endpoints;
  readonly credentials: Credentials;
  /** One for each override in force. */
  readonly notices: readonly string[];
};

export type Setup = Access & { readonly request: Request };

/** @throws Problem `bad-input` with every finding; no request has been made. */
export async function readSetup(
  runner: Pick<Runner, 'inputs' | 'secret' | 'setPrincipal'>,
  context: RunContext,
): Promise<Setup> {
  const inputs = runner.inputs();
  const file = await credentialFileIn(context);
  const serviceFile = await readServiceFile(inputs, context);
  const service = shortName(inputs.get('service') ?? '');
  const named = serviceFile?.ok === true ? serviceFile.value.service : '';
  const parsed = parseInputs(inputs, {
    project: file.ok ? (context.project ?? file.project) : context.project,
    defaultTag: defaultTag(service === '' ? named : service, context.runId),
    commit: context.sha,
    ...(serviceFile === null ? {} : { file: serviceFile }),
  });
  // A region that is wrong has its own finding; any other serves to check the overrides.
  const endpoints = endpointsFrom(
    context.env,
    parsed.ok ? parsed.request.ref.region : 'us-central1',
  );
  const checked: CredentialsRead = endpoints.ok
    ? checkCredentials(file, endpoints.endpoints)
    : { ok: false, findings: file.ok ? [] : file.findings };
  const findings = [
    ...[parsed, endpoints, checked].flatMap((part) => (part.ok ? [] : part.findings)),
    ...(parsed.ok && checked.ok ? identityFindings(parsed.request, checked.credentials) : []),
  ];
  if (!parsed.ok || !endpoints.ok || !checked.ok || findings.length > 0) throw badInput(findings);
  const { token, channels } = parsed.request;
  for (const secret of [token, ...secretsOf(channels), ...checked.secrets]) runner.secret(secret);
  runner.setPrincipal(principalIn(checked, context));
  return {
    request: parsed.request,
    endpoints: endpoints.endpoints,
    credentials: checked.credentials,
    notices: [...endpoints.notices, ...parsed.request.warnings],
  };
}

/** What the post step needs: no inputs, only the way to Google. @throws Problem `bad-input`. */
export async function readAccess(
  runner: Pick<Runner, 'secret' | 'setPrincipal'>,
  context: RunContext,
  region: string,
): Promise<Access> {
  const endpoints = endpointsFrom(context.env, region);
  if (!endpoints.ok) throw badInput(endpoints.findings);
  const file = checkCredentials(await credentialFileIn(context), endpoints.endpoints);
  if (!file.ok) throw badInput(file.findings);
  for (const secret of file.secrets) runner.secret(secret);
  runner.setPrincipal(principalIn(file, context));
  return { endpoints: endpoints.endpoints, credentials: file.credentials, notices: [] };
}

function principalIn(
  { credentials, email }: Extract<CredentialsRead, { ok: true }>,
  { owner, repo }: RunContext,
): Principal {
  const audience = credentials.kind === 'external' ? credentials.audience : null;
  return principalOf({ email, audience, repository: `${owner}/${repo}` });
}

/** Only a service account has identity tokens. */
function identityFindings({ plan }: Request, credentials: Credentials): readonly Finding[] {
  if (plan?.smoke?.auth !== 'id_token' || accountOf(credentials) !== null) return [];
  return [
    {
      subject: 'smoke_auth',
      value: 'id_token',
      wrong: 'needs a service account, and the credentials of this job name none',
      advice:
        'Let google-github-actions/auth use a `service_account`, or choose a path that is open to everybody.',
    },
  ];
}

async function credentialFileIn(context: RunContext): Promise<CredentialFile> {
  const path = context.credentialFilePath;
  return path === null
    ? { ok: false, findings: [noCredentials(context)] }
    : readCredentialFile(path);
}

function checkCredentials(file: CredentialFile, endpoints: Endpoints): CredentialsRead {
  if (!file.ok) return file;
  return readCredentials(file.text, {
    universe: endpoints.universe,
    loopbackAllowed: endpoints.loopback,
  });
}

function noCredentials(context: RunContext): Finding {
  return {
    subject: 'credentials',
    value: null,
    wrong: 'are not there',
    advice: context.fromFork
      ? 'A pull request from a fork gets no identity token, so it cannot deploy. Run the rollout after the merge.'
      : 'Run google-github-actions/auth before this step, with `id-token: write` in the permissions of the job.',
  };
}

function badInput(findings: readonly Finding[]): Problem {
  return new Problem('bad-input', {
    summary:
      findings.length === 1
        ? 'One thing must be put right. Nothing was changed.'
        : `${findings.length} things must be put right. Nothing was changed.`,
    findings,
    advice: '',
  });
}

/** deploy-cloudrun also takes projects/P/locations/R/services/S. */
function shortName(service: string): string {
  return service.split('/').at(-1) ?? '';
}
