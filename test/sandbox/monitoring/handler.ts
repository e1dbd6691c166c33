import type { AccessLogEntry, Answer, Call, Handler } from '../contract.ts';
import { descriptorJson, metricOf } from './descriptors.ts';
import { invalidArgument, permissionDenied, refusal, unauthenticated } from './errors.ts';
import { matches } from './filter.ts';
import { createModel } from './model.ts';
import type { Model, ModelControls, ModelOptions, Series } from './model.ts';
import { pageOf, readToken, writeToken } from './pages.ts';
import { readQuery } from './query.ts';
import type { ListQuery } from './query.ts';
import { fieldValue, seriesJson } from './series.ts';
import { summed } from './sums.ts';
import type { Place } from './series.ts';

export type MonitoringOptions = ModelOptions &
  Place & {
    readonly authenticate: (call: Call) => boolean;
    /** Whether the caller holds a permission; left out: all of them. */
    readonly holds?: (permission: string) => boolean;
  };

type MonitoringControls = ModelControls & {
  /** The next so many lists lack half of their series and say so in executionErrors. */
  partial(times: number): void;
  /** The next so many lists have NaN for the mean of every distribution. */
  notANumber(times: number): void;
};

export type Monitoring = {
  readonly handler: Handler;
  record(entry: AccessLogEntry): void;
  readonly controls: MonitoringControls;
};

type Faults = { partial: number; notANumber: number };

/** https://cloud.google.com/monitoring/api/ref_v3/rest */
export function monitoringHandler(o: MonitoringOptions): Monitoring {
  const model = createModel(o);
  const faults: Faults = { partial: 0, notANumber: 0 };
  return {
    record: (entry) => model.record(entry),
    controls: {
      ...model.controls,
      partial: (times) => (faults.partial = times),
      notANumber: (times) => (faults.notANumber = times),
    },
    handler(call) {
      const path = /^\/v3\/projects\/(?<project>[^/]+)\/(?<what>timeSeries|metricDescriptors\/.+)$/;
      const { project, what } = path.exec(call.path)?.groups ?? {};
      if (project === undefined || what === undefined || call.method !== 'GET') return null;
      if (!o.authenticate(call)) return unauthenticated();
      const isList = what === 'timeSeries';
      const needed = isList ? 'monitoring.timeSeries.list' : 'monitoring.metricDescriptors.get';
      if (project !== o.project || o.holds?.(needed) === false) return permissionDenied(needed);
      return isList ? list({ o, model, faults }, call) : describe(o, call);
    },
  };
}

function describe(o: MonitoringOptions, call: Call): Answer {
  const type = call.path.replace(/^\/v3\/projects\/[^/]+\/metricDescriptors\//, '');
  // The id is a path of its own; its slashes must come as slashes.
  if (/%2f/i.test(type)) return invalidArgument(`Invalid metric type "${type}".`);
  const metric = metricOf(type);
  if (metric === null) {
    return refusal(404, 'NOT_FOUND', `Could not find descriptor for metric '${type}'.`);
  }
  return {
    status: 200,
    body: descriptorJson(metric, { ...o, enumsAsNumbers: wantsNumbers(call) }),
  };
}

type Parts = {
  readonly o: MonitoringOptions;
  readonly model: Model;
  readonly faults: Faults;
};

/** projects.timeSeries.list */
function list({ o, model, faults }: Parts, call: Call): Answer {
  const read = readQuery(call.query);
  if (read.kind === 'refused') return read.answer;
  const { query } = read;
  const start = { asOfMs: o.now(), offset: 0 };
  const cursor = query.pageToken === '' ? start : readToken(query.pageToken, call.query);
  if (cursor === null) return invalidArgument('Field pageToken had an invalid value.');
  const { asOfMs, offset } = cursor;
  const selected = select(model, { query, place: o, asOfMs });
  const found = query.sumOverMs === null ? selected : summed(selected, query);
  const isPartial = take(faults, 'partial');
  const kept = isPartial ? found.slice(0, Math.floor(found.length / 2)) : found;
  const page = pageOf(kept, { view: query.view, offset, size: query.pageSize });
  const wire = {
    metric: query.metric,
    place: o,
    view: query.view,
    enumsAsNumbers: wantsNumbers(call),
    isMeanNaN: take(faults, 'notANumber'),
    isSummed: query.sumOverMs !== null,
  };
  return {
    status: 200,
    // Nothing found: the key is absent, as proto3 JSON leaves an empty list out.
    body: {
      ...(page.series.length > 0 && { timeSeries: page.series.map((s) => seriesJson(s, wire)) }),
      ...(page.next !== null && {
        nextPageToken: writeToken({ asOfMs, offset: page.next }, call.query),
      }),
      unit: query.metric.unit,
      ...(isPartial && { executionErrors: [INCOMPLETE] }),
    },
  };
}

/** A google.rpc.Status; 14 is UNAVAILABLE. */
const INCOMPLETE = { code: 14, message: 'Some of the data could not be read. Try again.' };

function select(
  model: Model,
  o: { readonly query: ListQuery; readonly place: Place; readonly asOfMs: number },
): readonly Series[] {
  const { metric, filter, window } = o.query;
  return model
    .read({ metric: metric.type, window, asOfMs: o.asOfMs })
    .filter((series) =>
      matches(filter, (field) => fieldValue(series, { metric, place: o.place, field })),
    );
}

function take(faults: Faults, name: keyof Faults): boolean {
  if (faults[name] === 0) return false;
  faults[name] -= 1;
  return true;
}

function wantsNumbers(call: Call): boolean {
  const alt = call.query.get('$alt') ?? call.query.get('alt') ?? '';
  return /(?:^|;)enum-encoding=int(?:;|$)/.test(alt);
}
