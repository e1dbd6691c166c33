/** The rules of others, each as its source or its documentation says (benchmark.md, 6). */
import { ALERT_POLICY, ALERT_POLICY_FITTED } from './peers-alert-policy.ts';
import { CONDITIONAL, LINDON_MALEK } from './peers-anytime.ts';
import { ARGO, ARGO_STRICT } from './peers-argo.ts';
import { FLAGGER, FLAGGER_FITTED } from './peers-flagger.ts';
import { GROUP_SEQUENTIAL } from './peers-group-sequential.ts';
import { KAYENTA, KAYENTA_PER_STAGE, KAYENTA_TOLERANT } from './peers-kayenta.ts';
import { RELEASE_MANAGER } from './peers-release-manager.ts';
import { SEQUENTIAL_INTERVAL } from './peers-sequential-interval.ts';
import { FIXED_HORIZON_Z, PEEKING_Z } from './peers-z.ts';

/** By the names that they have in the JSON, in the order of the table. */
export const PEERS = {
  flagger: FLAGGER,
  argo: ARGO,
  argoStrict: ARGO_STRICT,
  releaseManager: RELEASE_MANAGER,
  alertPolicy: ALERT_POLICY,
  flaggerFitted: FLAGGER_FITTED,
  alertPolicyFitted: ALERT_POLICY_FITTED,
  kayentaPerStage: KAYENTA_PER_STAGE,
  kayenta: KAYENTA,
  kayentaTolerant: KAYENTA_TOLERANT,
  fixedHorizonZ: FIXED_HORIZON_Z,
  peekingZ: PEEKING_Z,
  groupSequential: GROUP_SEQUENTIAL,
  sequentialInterval: SEQUENTIAL_INTERVAL,
  lindonMalek: LINDON_MALEK,
  conditional: CONDITIONAL,
};
