/** What is put in place of an example's own inputs at the scene, where a minute is a second. */

type Inputs = Readonly<Record<string, string>>;

/** Few users and few seconds are enough here: what is measured is other tests' business. */
const QUICK: Inputs = {
  min_requests: '1',
  max_latency_increase: 'off',
  smoke_probes: '10',
  smoke_rate: '100',
};

export type Short = { readonly image: string; readonly stages: string };

export function shortened(given: Inputs, { image, stages }: Short): Inputs {
  const starts = ['run', 'deploy'].includes(given['command'] ?? 'run');
  if (!starts) return {};
  return {
    ...QUICK,
    ...('no_data_timeout' in given ? {} : { no_data_timeout: '15s' }),
    ...('image' in given ? { image } : {}),
    stages,
  };
}
