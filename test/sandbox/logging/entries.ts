import { createHash } from 'node:crypto';

import type { AccessLogEntry } from '../contract.ts';

/** Where the services are. */
export type Place = { readonly project: string; readonly region: string };

/** A LogEntry of google/logging/v2/log_entry.proto, as Cloud Run writes one for each request. */
export type LogEntry = {
  readonly insertId: string;
  readonly httpRequest: {
    readonly requestMethod: string;
    readonly requestUrl: string;
    readonly status: number;
    readonly userAgent: string;
    readonly remoteIp: string;
    readonly latency: string;
    readonly protocol: string;
  };
  readonly resource: {
    readonly type: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  /** When the request began. */
  readonly timestamp: string;
  readonly severity: string;
  readonly logName: string;
  readonly trace: string;
  readonly receiveTimestamp: string;
};

export function entryOf(
  request: AccessLogEntry,
  o: { readonly place: Place; readonly serial: number; readonly receivedAt: number },
): LogEntry {
  const { service, revision, tag, status, endedAt, latencyMs } = request;
  const { project, region } = o.place;
  const hash = createHash('sha256').update(`${o.serial} ${revision}`).digest('hex');
  const host = tag === null ? service : `${tag}---${service}`;
  return {
    insertId: hash.slice(0, 24),
    httpRequest: {
      requestMethod: request.method,
      requestUrl: `https://${host}.sandbox.example${request.path}`,
      status,
      userAgent: 'visitor',
      remoteIp: '203.0.113.7',
      latency: `${(latencyMs / 1_000).toFixed(9)}s`,
      protocol: 'HTTP/1.1',
    },
    resource: {
      type: 'cloud_run_revision',
      labels: {
        project_id: project,
        service_name: service,
        revision_name: revision,
        location: region,
        configuration_name: service,
      },
    },
    timestamp: timestamp(endedAt - latencyMs),
    severity: status >= 500 ? 'ERROR' : status >= 400 ? 'WARNING' : 'INFO',
    logName: `projects/${project}/logs/run.googleapis.com%2Frequests`,
    trace: `projects/${project}/traces/${hash.slice(0, 32)}`,
    receiveTimestamp: timestamp(o.receivedAt),
  };
}

/** proto3 JSON, with the nanoseconds that a real entry has. */
function timestamp(ms: number): string {
  const whole = new Date(Math.floor(ms)).toISOString().replace('Z', '');
  const nanos = Math.floor((ms - Math.floor(ms)) * 1e6);
  return `${whole}${String(nanos).padStart(6, '0')}Z`;
}

/** What a filter compares with. undefined: the sandbox has no such field. */
export function fieldOf(entry: LogEntry, field: string): string | number | undefined {
  const [first = '', second = '', third = ''] = field.split('.');
  if (first === 'resource') {
    return second === 'labels' ? entry.resource.labels[third] : entry.resource.type;
  }
  if (first === 'httpRequest') return entry.httpRequest.status;
  const fields: Readonly<Record<string, unknown>> = entry;
  const text = fields[first];
  return typeof text === 'string' ? text : undefined;
}
