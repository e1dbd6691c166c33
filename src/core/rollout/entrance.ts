/** Whether this job can reach the canary's address at all, as far as the service's settings tell. */
import type { Finding } from '../problem.ts';
import type { Plan, ServiceSnapshot } from '../types.ts';

const OFF = "or set smoke_path: 'off' to go without smoke probes";

/**
 * What is certain to fail is said before anything is changed. `isHosted`: the runner is a machine of
 * GitHub's, which is in nobody's VPC.
 */
export function entranceFindings(
  { entrance }: Pick<ServiceSnapshot, 'entrance'>,
  { smoke }: Plan,
  isHosted: boolean,
): readonly Finding[] {
  if (smoke === null) return [];
  const { ingress, hasAddresses } = entrance;
  const shut: Finding = {
    subject: 'ingress',
    value: ingress,
    wrong: "keeps requests from the internet out, so GitHub's own runners cannot probe the canary",
    advice: `Let the job run on a self-hosted runner inside the VPC, ${OFF}.`,
  };
  const nowhere: Finding = {
    subject: 'default URL',
    value: 'disabled',
    wrong: "leaves the canary's traffic tag without an address",
    advice: `Switch it on with \`gcloud beta run services update --default-url\`, ${OFF}.`,
  };
  return [...(isHosted && ingress !== 'all' ? [shut] : []), ...(hasAddresses ? [] : [nowhere])];
}

export function entranceNotices(
  { entrance }: ServiceSnapshot,
  { smoke }: Plan,
  isHosted: boolean,
): readonly string[] {
  if (smoke === null) return [];
  const { ingress, hasProxy } = entrance;
  const inside = `Ingress of the service is ${ingress}: the smoke probes arrive only if this runner is inside the VPC.`;
  const proxy =
    'Identity-Aware Proxy stands in front of the service: the smoke probes pass it only with an identity token for the audience that it accepts, which smoke_audience can name.';
  return [...(!isHosted && ingress !== 'all' ? [inside] : []), ...(hasProxy ? [proxy] : [])];
}
