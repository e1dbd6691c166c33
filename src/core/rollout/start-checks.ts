/** What must be true of the service before a rollout may start. All of it is said at once. */
import type { Finding } from '../problem.ts';
import { mayStepAside, othersTemplate } from './clone.ts';
import { isFinal, openRecord } from './drafts.ts';
import { hasServed } from './first.ts';
import { broughtFault, isOnlyStarting } from './brought.ts';
import { isOwnStart } from './machine-closed.ts';
import { RECORD_ANNOTATION } from './record.ts';
import {
  digestOf,
  removeTagCommand,
  sameSplit,
  soleRevision,
  splitText,
  strangersTag,
} from './traffic.ts';
import type { Caller, RevisionState } from '../decision-types.ts';
import type { MetricTiming } from '../judging-types.ts';
import type { TemplateChange } from '../template-types.ts';
import type { Plan, ServiceSnapshot } from '../types.ts';

/** false: this run reports, resumes or refuses something that is there already. */
export function isFreshStart(service: ServiceSnapshot, caller: Caller): boolean {
  const { record } = service;
  if (record === 'unreadable') return false;
  if (record === 'none') return true;
  if (!isFinal(record)) return record.owner !== caller.rolloutId && service.readAt > record.due;
  return !isOwnStart(record, caller);
}

/** `brought`: how the revision is that the plan brings; null: it brings none, or that is not known. */
export function startFindings(
  service: ServiceSnapshot,
  plan: Plan,
  brought: RevisionState | null = null,
): readonly Finding[] {
  return [
    ...splitFindings(service, plan),
    ...tagFindings(service, plan),
    ...broughtFindings(service, plan, brought),
    ...baselineFindings(service, plan),
    ...scalingFindings(service, plan),
  ];
}

function baselineFindings(service: ServiceSnapshot, { baseline }: Plan): readonly Finding[] {
  const stable = soleRevision(service.asked);
  if (baseline !== 'fresh' || stable === null || openRecord(service) !== null) return [];
  return mayStepAside(service, stable) ? [] : [othersTemplate(service)];
}

function scalingFindings({ scaling }: ServiceSnapshot, plan: Plan): readonly Finding[] {
  if (plan.minInstances === null || !scaling.isManual) return [];
  return [
    {
      subject: 'min_instances_during_rollout',
      value: String(plan.minInstances),
      wrong: 'means nothing to a service whose instances are set by hand',
      advice:
        'Remove it, or let Cloud Run scale the service: gcloud run services update SERVICE --region=REGION --scaling=auto',
    },
  ];
}

function broughtFindings(
  service: ServiceSnapshot,
  { brings }: Plan,
  state: RevisionState | null,
): readonly Finding[] {
  const fault = brings === undefined ? null : broughtFault(service, brings, state);
  return fault === null || brings === undefined
    ? []
    : [{ subject: 'revision', value: brings, ...fault }];
}

function splitFindings(service: ServiceSnapshot, { brings }: Plan): readonly Finding[] {
  const { asked, served } = service;
  // An abandoned rollout is ended first; then the split is the stable revision's again.
  if (openRecord(service) !== null) return [];
  if (!hasServed(service) && service.ready !== 'pending') return [neverReady(service)];
  if (soleRevision(asked) === null && hasServed(service)) {
    return [
      {
        subject: 'traffic',
        value: splitText(asked),
        wrong: 'is split, and no rollout of ours explains it',
        advice: 'Send 100 % to the revision that works, then start again.',
      },
    ];
  }
  const isSettling = service.ready === 'pending' || !service.observed;
  if (isSettling && !isOnlyStarting(service, brings)) return [stillChanging(service)];
  if (sameSplit(asked, served)) return [];
  return [
    {
      subject: 'service',
      value: splitText(served),
      wrong: `is served while ${splitText(asked)} is asked for`,
      advice: unsettledAdvice(service),
    },
  ];
}

function neverReady({ latestCreated, ready, record }: ServiceSnapshot): Finding {
  const said = typeof ready === 'object' ? `Cloud Run says: ${ready.failed} ` : '';
  const direct = 'To give this deployment all traffic at once, set first_deploy: direct.';
  return {
    subject: 'service',
    value: latestCreated,
    wrong: 'has no revision that was ever ready, so there is nothing to compare a canary with',
    advice: `${said}${record === 'none' ? direct : COPIED}`,
  };
}

/** A rollout has a stable revision, which was ready once: its record is another service's. */
const COPIED = `The record of a rollout that it has (annotation ${RECORD_ANNOTATION}) was copied from another service. Take the annotations of cloud-run-canary.dev out of what \`gcloud run services describe SERVICE --region=REGION --format=export\` shows, put the rest back with \`gcloud run services replace\`, and set first_deploy: direct.`;

/** Pinning the traffic now would take it away from whoever is deploying at this moment. */
function stillChanging({ latestCreated }: ServiceSnapshot): Finding {
  return {
    subject: 'service',
    value: latestCreated,
    wrong: 'is still being rolled out by somebody else',
    advice: 'Wait until Cloud Run has finished that change, then start again.',
  };
}

function unsettledAdvice(service: ServiceSnapshot): string {
  return typeof service.ready === 'object'
    ? `Cloud Run says: ${service.ready.failed} Mend the service first.`
    : 'Wait until Cloud Run has finished the change that is under way.';
}

function tagFindings(service: ServiceSnapshot, plan: Plan): readonly Finding[] {
  const taken = strangersTag(service, plan.tag);
  if (taken === null) return [];
  const leftOver =
    service.record === 'none' ? 'It may be left over from a rollout whose record was erased. ' : '';
  return [
    {
      subject: 'tag',
      value: plan.tag,
      wrong: `is in use for ${taken.revision ?? 'the latest revision'}`,
      advice: `${leftOver}Choose another tag, or remove it: ${removeTagCommand(plan.tag)}`,
    },
  ];
}

/** A stage that is over before its data arrive is judged on little; worth saying, not refusing. */
export function stageNotices(plan: Plan, timing: MetricTiming): readonly string[] {
  const least = Math.max(timing.ingestDelay, 5 * timing.samplePeriod);
  return plan.stages
    .filter((stage) => stage.bake < least && !(stage.gate && stage.bake === 0))
    .map(
      (stage) =>
        `The stage at ${stage.percent} % lasts ${stage.bake / 1000} s. Monitoring samples every ${timing.samplePeriod / 1000} s and shows data ${timing.ingestDelay / 1000} s late; a stage of ${least / 1000} s or more is judged on more than a few points.`,
    );
}

/** Service account that the new revision will run as; "" where nobody says, or a file may say another. */
export function accountOf({ runsAs }: ServiceSnapshot, { edits }: TemplateChange): string {
  if (edits.some((edit) => edit.kind === 'service-file')) return '';
  const chosen = edits.findLast((edit) => edit.kind === 'text' && edit.of === 'service-account');
  return chosen?.kind === 'text' ? (chosen.to ?? '') : runsAs;
}

/** Whether a new revision has the image that serves already. Tags can move, so only digests count. */
export function isSameImage({ image }: TemplateChange, stableDigest: string | null): boolean {
  if (image === null) return true;
  const wanted = digestOf(image);
  return wanted !== null && stableDigest?.endsWith(`@${wanted}`) === true;
}
