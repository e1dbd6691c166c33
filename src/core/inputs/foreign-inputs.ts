/** What to tell somebody who gave an input that this action does not have. */
import { editDistance } from '../edit-distance.ts';
import { INPUT_NAMES } from './input-table.ts';
import type { Finding } from '../problem.ts';

const TRAFFIC =
  'Traffic is owned by the rollout: use `stages`, and leave the split to it while it runs.';
const NO_GCLOUD = "Leave it out: the action calls Google's APIs itself and installs no gcloud.";

/** Inputs of deploy-cloudrun that have no counterpart here yet. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['env_vars_file', 'Write the pairs into `env_vars`.'],
  ['source', 'Build and push the image in an earlier step, then give it with `image`, by digest.'],
  ['job', 'Jobs have no traffic to ramp: deploy them with deploy-cloudrun itself.'],
  ['wait', 'Leave it out: it is for jobs. Whether `ramp` waits is said with `wait_for_verdict`.'],
  ['revision_traffic', TRAFFIC],
  ['tag_traffic', TRAFFIC],
  ['update_traffic_flags', TRAFFIC],
  ['traffic_flags', TRAFFIC],
  ['gcloud_version', NO_GCLOUD],
  ['gcloud_component', NO_GCLOUD],
]);

/** The value stays out of the finding: under a mistyped name it may be anybody's secret. */
export function foreignInput(name: string): Finding {
  // Only plain names may be a subject: subjects are shown without quotes.
  if (!/^[a-z0-9_-]{1,64}$/.test(name)) {
    return {
      subject: 'inputs',
      value: name,
      wrong: 'is not a name of an input',
      advice: 'Remove it from `with:`; the inputs are listed in action.yml.',
    };
  }
  const plain = name.replaceAll('-', '_');
  const wrong = 'is not an input of this action';
  const known = ADVICE.get(plain);
  if (known !== undefined) return { subject: name, value: null, wrong, advice: known };
  const nearest = nearestInput(plain);
  const advice =
    nearest === null
      ? 'Remove it; the inputs are listed in action.yml.'
      : `Did you mean \`${nearest}\`?`;
  return { subject: name, value: null, wrong, advice };
}

/** null: nothing is near enough to be a slip of the fingers. */
function nearestInput(name: string): string | null {
  const ranked = INPUT_NAMES.map((known) => ({ known, distance: editDistance(name, known) }));
  ranked.sort((one, other) => one.distance - other.distance);
  const best = ranked[0];
  if (best !== undefined && best.distance <= Math.max(1, Math.floor(best.known.length / 3))) {
    return best.known;
  }
  const longer = INPUT_NAMES.filter((known) => known.startsWith(`${name}_`));
  return longer.length === 1 ? (longer[0] ?? null) : null;
}
