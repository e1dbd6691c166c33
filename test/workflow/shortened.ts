/** What is put in place of an example's own inputs at the scene, where a minute is a second. */

type Inputs = Readonly<Record<string, string>>;

/** Each stage at its own share, for so long; a gate stays a gate. */
const BAKE = '2s';

/** Few users and few seconds are enough here: what is measured is other tests' business. */
const QUICK: Inputs = {
  min_requests: '1',
  max_latency_increase: 'off',
  smoke_probes: '10',
  smoke_rate: '100',
};

export function shortened(given: Inputs, image: string): Inputs {
  const starts = ['run', 'deploy'].includes(given['command'] ?? 'run');
  if (!starts) return {};
  const { stages = '5% for 10m, 20% for 10m, 50% for 10m' } = given;
  return {
    ...QUICK,
    ...('no_data_timeout' in given ? {} : { no_data_timeout: '15s' }),
    ...('image' in given ? { image } : {}),
    stages: stages.replaceAll(/ for [\w.]+/g, ` for ${BAKE}`),
  };
}
