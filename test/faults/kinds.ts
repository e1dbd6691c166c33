/** Every fault there is, and the rows of the fault catalogue (durability.md, 3) that it stands for. */

/** What happens to one request on its way. */
const WIRE_KINDS = [
  'lost',
  'drop',
  'reset',
  'late30',
  'late1h',
  'dup',
  '429',
  '500',
  '503',
  '500applied',
  '401',
  '403',
  'html',
  'empty',
  'truncated',
  'crashAfter',
  'cancelAfter',
  'stale',
  'slept',
] as const;

/** What happens at the moment of a call, whatever the call is. */
const MOMENT_KINDS = [
  'crashBefore',
  'cancelBefore',
  'touch',
  'outRollback',
  'outOther',
  'outSplit',
  'outErase',
  'outCorrupt',
  'clock+2h',
  'clock-2h',
  'stall10m',
  'stall6h',
  'nodata',
  'nan',
  'monDown',
  'outCanary',
  'outBack',
  'outBlink',
  'outDeploy',
  'outLatest',
  'taken',
  'storm409',
  'storm429',
  'outage',
  'gone',
  'lose',
  'startFails',
  'routesFail',
  'stuck',
  'noRaise',
  'swap',
  'zombie',
  'rival',
  'abort',
  'ramp',
  'rampNow',
  'promote',
] as const;

export type WireKind = (typeof WIRE_KINDS)[number];
export type MomentKind = (typeof MOMENT_KINDS)[number];
export type Kind = WireKind | MomentKind;

export type Fault = { readonly kind: Kind; readonly at: number };

/** The 32 of durability.md, 5.4, in its order. */
export const GRID: readonly Kind[] = [
  ...(['crashBefore', 'crashAfter', 'cancelBefore', 'cancelAfter'] as const),
  ...(['lost', 'drop', 'reset', 'late30', 'late1h', 'dup'] as const),
  ...(['429', '500', '503', '500applied', '401', '403'] as const),
  ...(['html', 'empty', 'truncated'] as const),
  ...(['touch', 'outRollback', 'outOther', 'outSplit', 'outErase', 'outCorrupt'] as const),
  ...(['clock+2h', 'clock-2h', 'stall10m', 'stall6h'] as const),
  ...(['nodata', 'nan', 'monDown'] as const),
];

/** Rows of A to E that need more than those. */
export const FURTHER: readonly Kind[] = [
  ...(['taken', 'storm409', 'storm429', 'outage', 'gone', 'lose'] as const),
  ...(['startFails', 'routesFail', 'stuck', 'noRaise', 'stale', 'slept', 'swap'] as const),
  ...(['outCanary', 'outBack', 'outBlink', 'outDeploy', 'outLatest'] as const),
  ...(['zombie', 'rival', 'abort'] as const),
  ...(['ramp', 'rampNow', 'promote'] as const),
];

/** Rows that every schedule goes through: the settling split, old and late points, silence. */
export const ALWAYS: readonly number[] = [24, 45, 76, 77, 78];

export const ROWS: Readonly<Record<Kind, readonly number[]>> = {
  crashBefore: [29, 31, 32, 42],
  crashAfter: [30, 31, 42],
  cancelBefore: [33],
  cancelAfter: [34],
  lost: [3],
  drop: [1, 2],
  reset: [4],
  late30: [5],
  late1h: [6],
  dup: [7],
  '429': [11],
  '500': [13],
  '503': [14],
  '500applied': [13],
  '401': [18],
  '403': [19],
  html: [14],
  empty: [15],
  truncated: [15],
  touch: [8, 58],
  outRollback: [8, 53],
  outOther: [8, 54],
  outSplit: [8, 55],
  outErase: [61],
  outCorrupt: [62],
  'clock+2h': [48],
  'clock-2h': [48],
  stall10m: [49],
  stall6h: [49],
  nodata: [71],
  nan: [73],
  monDown: [83],
  taken: [9],
  storm409: [10],
  storm429: [12],
  outage: [13],
  gone: [20],
  lose: [21, 63],
  startFails: [22],
  routesFail: [22],
  stuck: [23],
  noRaise: [21],
  stale: [25],
  slept: [49],
  // Row 65 beside S12: a name that leads to something else.
  swap: [65],
  outCanary: [56],
  outBack: [57],
  outBlink: [57],
  outDeploy: [59],
  outLatest: [60],
  zombie: [31],
  rival: [66, 67, 68],
  abort: [],
  ramp: [],
  rampNow: [],
  promote: [],
};

/** Somebody else has a hand in the service: how it ends is not ours alone. */
const OUTSIDE: ReadonlySet<Kind> = new Set([
  ...(['touch', 'outRollback', 'outOther', 'outSplit', 'outErase', 'outCorrupt'] as const),
  ...(['outCanary', 'outBack', 'outBlink', 'outDeploy', 'outLatest'] as const),
  ...(['taken', 'gone', 'lose'] as const),
  ...(['swap', 'rival', 'abort', 'promote'] as const),
]);

export function isOutside(kind: Kind): boolean {
  return OUTSIDE.has(kind);
}

const BAD_PLATFORM: ReadonlySet<Kind> = new Set([
  ...(['nodata', 'nan', 'monDown', 'storm409', 'storm429', 'outage'] as const),
  ...(['startFails', 'routesFail', 'stuck', 'noRaise'] as const),
]);

/** A good canary may be given up for it. */
export function isBadPlatform(kind: Kind): boolean {
  return BAD_PLATFORM.has(kind);
}

export function isWireKind(kind: Kind): kind is WireKind {
  return WIRE_KINDS.some((known) => known === kind);
}
