/** Kubernetes quantities, as far as limits of Cloud Run use them. */

/** null: it cannot be told. */
export function cpuMillis(text: string): number | null {
  const [, digits = '', milli] = /^(\d{1,6}(?:\.\d{1,3})?)(m?)$/.exec(text) ?? [];
  if (digits === '') return null;
  return milli === 'm' ? Number(digits) : Math.round(Number(digits) * 1000);
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
]);

/** null: it cannot be told. */
export function memoryBytes(text: string): number | null {
  const [, digits = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,3})?)([A-Za-z]{0,2})$/.exec(text) ?? [];
  const size = UNITS.get(unit);
  return digits === '' || size === undefined ? null : Number(digits) * size;
}
