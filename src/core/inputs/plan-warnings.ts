/** What is allowed, but probably not meant. */
import { parseImage } from './image.ts';
import { isRepeatable } from '../smoke-line.ts';
import type { Plan } from '../types.ts';

export function warningsAbout(plan: Plan): readonly string[] {
  const image = plan.change.image === null ? null : parseImage(plan.change.image);
  const isFloating = image?.ok === true && image.value.isFloating;
  const asksLatency = plan.judging.criteria.some(({ metric }) => metric.startsWith('latency'));
  return [
    ...(isFloating
      ? [
          'image has no digest and no fixed tag: a re-run may deploy another image. Prefer a digest.',
        ]
      : []),
    ...(asksLatency
      ? []
      : [
          'max_latency_increase is off and no max_latency is set: the canary may become slower unnoticed.',
        ]),
    ...(plan.smoke?.lines ?? []).flatMap((line) =>
      isRepeatable(line)
        ? []
        : [
            `smoke_path has ${line.method}: it is sent once, without a body, and what it changes stays changed.`,
          ],
    ),
  ];
}
