/** npm run model: explores the shipped decisions, then designs that must be caught. Last line: JSON. */
import { explore } from './explore.ts';
import type { Found } from './explore.ts';
import { SHIPPED } from './design.ts';
import { figuresOf } from './figures.ts';
import { brokenLiveness } from './liveness.ts';
import { MUTATIONS, caught } from './mutations.ts';
import { CI, FULL } from './runs.ts';
import type { Exploration } from './runs.ts';
import type { Service } from './service.ts';

const full = process.argv.includes('--full');

function main(): void {
  const services = new Map<string, Service>();
  const total = { states: 0, transitions: 0, violations: 0 };
  for (const exploration of full ? FULL : CI) {
    const found = exploreAloud(exploration);
    for (const service of found.services) services.set(JSON.stringify(service), service);
    total.states += found.states;
    total.transitions += found.transitions;
    total.violations += found.violations.length;
  }
  total.violations += probeAloud([...services.values()]);
  const mutationsCaught = MUTATIONS.filter(catchAloud).length;
  const figures = figuresOf(total, mutationsCaught);
  say('', JSON.stringify(figures));
  if (figures.violations > 0 || mutationsCaught < figures.mutations) process.exitCode = 1;
}

function exploreAloud({ name, scope }: Exploration): Found {
  const start = performance.now();
  const found = explore(scope);
  const { states, transitions, depth, whole } = found;
  const size = `${count(states)} states, ${count(transitions)} transitions, depth ${depth}`;
  say(name, `  ${size}${whole ? '' : ', not finished'}, ${seconds(start)}`);
  for (const { promise, history } of found.violations) {
    say(`  ${promise} IS BROKEN:`, ...history.map((event, at) => `  ${at + 1}. ${event}`));
  }
  return found;
}

function probeAloud(services: readonly Service[]): number {
  const start = performance.now();
  const broken = brokenLiveness(services, SHIPPED);
  const probes = `a reconcile, two re-runs and four orders from each of ${count(services.length)} situations`;
  say(`${probes}, ${seconds(start)}`, ...broken.map((what) => `  BROKEN: ${what}`));
  return broken.length;
}

function catchAloud(mutation: (typeof MUTATIONS)[number]): boolean {
  const { scope, breaks } = mutation;
  const found = caught(mutation);
  const events = found === null ? 'NOT CAUGHT' : `caught after ${found.history.length} events`;
  say(`${scope.design.name.padEnd(18)}${breaks.padEnd(5)}${events}`);
  return found !== null;
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

function say(...lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

main();
