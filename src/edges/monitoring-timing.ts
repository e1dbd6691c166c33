/** How the metrics are sampled and how late they are, as their descriptors say (metric.proto, MetricDescriptorMetadata). */
import { Problem } from '../core/problem.ts';
import type { MetricTiming } from '../core/judging-types.ts';
import type { Instant, Millis } from '../core/types.ts';
import { USUAL_TIMING as USUAL } from '../core/usual-timing.ts';
import { asText, at } from './json.ts';
import type { JsonValue } from './json.ts';
import {
  REQUEST_COUNT,
  REQUEST_LATENCIES,
  ask,
  descriptorUrl,
  isDenied,
  readAnswer,
  seriesUrl,
} from './monitoring-call.ts';
import type { MonitoringOptions } from './monitoring-call.ts';

/** A descriptor that asks for more is not believed: the rollout would wait for days. */
const LONGEST = 86_400_000;
const PATIENTLY = { signal: null, need: 'evidence' } as const;

/** Two metrics are read together, so the slower of both counts. */
export async function readTiming(
  options: MonitoringOptions,
): Promise<MetricTiming & { readonly notice: string | null }> {
  const read = [
    await readDescriptor(options, REQUEST_COUNT),
    await readDescriptor(options, REQUEST_LATENCIES),
  ];
  const trouble = read.find((one) => one.trouble !== null)?.trouble;
  const notice = trouble === undefined ? null : `${trouble} ${ASSUMED}`;
  const slowest = (field: 'samplePeriod' | 'ingestDelay'): Millis =>
    Math.max(...read.map((one) => one[field] ?? USUAL[field]));
  return { samplePeriod: slowest('samplePeriod'), ingestDelay: slowest('ingestDelay'), notice };
}

const ASSUMED = `For what is not known, a sample period of ${USUAL.samplePeriod / 1000} s and an ingest delay of ${USUAL.ingestDelay / 1000} s are assumed.`;

type Descriptor = {
  readonly samplePeriod: Millis | null;
  readonly ingestDelay: Millis | null;
  /** One sentence; null: both could be read. */
  readonly trouble: string | null;
};

async function readDescriptor(options: MonitoringOptions, metric: string): Promise<Descriptor> {
  const answer = await ask(options, descriptorUrl(options, metric), PATIENTLY);
  if (isDenied(answer)) await checkSeriesReadable(options, answer.serverTime);
  try {
    const body = readAnswer(answer, 'monitoring.metricDescriptors.get', options.ref.project);
    const samplePeriod = readDuration(at(body, 'metadata', 'samplePeriod')) || null;
    const ingestDelay = readDuration(at(body, 'metadata', 'ingestDelay'));
    const isWhole = samplePeriod !== null && ingestDelay !== null;
    const trouble = isWhole ? null : `The descriptor of ${metric} does not say how it is sampled.`;
    return { samplePeriod, ingestDelay, trouble };
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'bad-credentials') throw error;
    const trouble = `The descriptor of ${metric} could not be read. ${error.summary}`;
    return { samplePeriod: null, ingestDelay: null, trouble };
  }
}

/**
 * A role made for us may well leave the descriptors out, and then the usual timing does. But an
 * identity that may not read the series either should hear it now, not after the first bake.
 */
async function checkSeriesReadable(
  options: MonitoringOptions,
  serverTime: Instant | null,
): Promise<void> {
  if (serverTime === null) return;
  const window = { from: serverTime - USUAL.samplePeriod, to: serverTime };
  const answer = await ask(options, seriesUrl(options, REQUEST_COUNT, window), PATIENTLY);
  if (isDenied(answer)) readAnswer(answer, 'monitoring.timeSeries.list', options.ref.project);
}

/** JSON form of google.protobuf.Duration, rounded up to whole milliseconds. null: not readable. */
function readDuration(value: JsonValue | undefined): Millis | null {
  const text = asText(value) ?? '';
  if (!/^\d{1,12}(?:\.\d{1,9})?s$/.test(text)) return null;
  const ms = Math.ceil(Number(text.slice(0, -1)) * 1000);
  return ms <= LONGEST ? ms : null;
}
