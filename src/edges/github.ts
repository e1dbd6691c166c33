/** The calls about the check run of a rollout. */
import type { RenderedCheck } from '../core/report/report.ts';
import { openClient } from './github-client.ts';
import { field, idOf, listOf } from './github-failure.ts';
import { CheckRunReporter } from './github-reporter.ts';
import type { CheckReporter, CheckRun, Checks, ReporterOptions } from './github-reporter.ts';

const PAGE_SIZE = 100;
/** GitHub keeps at most 1,000 check runs of one name (OpenAPI, checks/create). */
const MOST_PAGES = 10;

/** The reporter never throws, and makes its caller wait only in `flush`. */
export function createReporter(options: ReporterOptions): CheckReporter {
  return new CheckRunReporter(options, openChecks(options));
}

function openChecks(options: ReporterOptions): Checks {
  const { headSha, checkName, externalId } = options;
  const { client, place, ask } = openClient(options, externalId);
  return {
    async find(signal) {
      for (let page = 1; page <= MOST_PAGES; page += 1) {
        const runs = await ask(async () => {
          const { data } = await client.rest.checks.listForRef({
            ...place,
            ref: headSha,
            check_name: checkName,
            // "latest" would hide ours behind that of a later rollout of the same commit.
            filter: 'all',
            per_page: PAGE_SIZE,
            page,
            request: { signal },
          });
          return listOf(field(data, 'check_runs'));
        });
        const ours = runs.filter((run) => field(run, 'external_id') === externalId).map(runOf);
        const [newest] = ours.sort((a, b) => b.id - a.id);
        if (newest !== undefined) return newest;
        if (runs.length < PAGE_SIZE) return null;
      }
      return null;
    },
    create: (check, signal) =>
      ask(async () => {
        const identity = { ...place, name: checkName, head_sha: headSha, external_id: externalId };
        // The retry plugin repeats any method, so a lost answer would make a second check run.
        const request = { signal, retries: 0 };
        const { data } = await client.rest.checks.create({ ...identity, ...body(check), request });
        return runOf(data);
      }),
    update: (id, check, signal) =>
      ask(async () => {
        const run = { ...place, check_run_id: id, request: { signal } };
        const { data } = await client.rest.checks.update({ ...run, ...body(check) });
        return runOf(data);
      }),
  };
}

/** A PATCH replaces the whole output (reported), so all of it goes out every time. */
function body({ title, summary, text, status, conclusion }: RenderedCheck) {
  const output = { title, summary, text };
  return status === 'completed'
    ? { status, conclusion: conclusion ?? ('neutral' as const), output }
    : { status, output };
}

function runOf(data: unknown): CheckRun {
  const url = field(data, 'html_url');
  return {
    id: idOf(data),
    url: typeof url === 'string' && /^https?:\/\/\S+$/.test(url) ? url : '',
  };
}
