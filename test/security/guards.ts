/**
 * The security guards of the sources. `npm run guards` takes each of them out and says which no test
 * has missed.
 */
import type { Guard } from './guard.ts';
import { NETWORK_GUARDS } from './guards-network.ts';
import { TEXT_GUARDS } from './guards-text.ts';

export const GUARDS: readonly Guard[] = [...NETWORK_GUARDS, ...TEXT_GUARDS];
