import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type OfferKey, renderOffer } from '../../src/hooks/offer.ts';
import {
  areRendered,
  offerKeys,
  type RenderedSettings,
  readOffer,
  removeOffer,
  renderSettings,
  writeOffer,
} from '../../src/store/offers.ts';
import { type Vault, vaultIn } from '../../src/store/vault.ts';
import { fullRecord, someOid } from '../helpers/records.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const processes = { pid: process.pid, isAlive: () => true };
const key = '0123456789abcdef0123' as OfferKey;
const text = renderOffer(fullRecord(), { mode: 'auto', ignoreBranches: [] }, []);
const defaults: RenderedSettings = {
  offers: { mode: 'auto', ignoreBranches: [] },
  autoPause: false,
  guardOff: false,
};

let vault: Vault;

beforeEach(() => {
  vault = vaultIn(temporaryDirectory());
  mkdirSync(vault.directory);
});

const inVault = () => readdirSync(vault.directory);
const offers = () => path.join(vault.directory, 'offers');

describe('an offer', () => {
  it('is read as it was written', () => {
    writeOffer(vault, { key, text }, processes);
    expect(readOffer(vault, key)).toMatchObject({ id: fullRecord().session_id, manner: 'ask' });
    expect(readFileSync(path.join(offers(), key), 'utf8')).toBe(text);
    expect([offerKeys(vault), inVault()]).toEqual([[key], ['offers']]);
    removeOffer(vault, key);
    removeOffer(vault, key);
    expect(readOffer(vault, key)).toBeUndefined();
  });

  it('is not read through a link, nor from what is none', () => {
    mkdirSync(offers());
    writeFileSync(path.join(vault.directory, 'elsewhere'), text);
    symlinkSync('../elsewhere', path.join(offers(), key));
    mkdirSync(path.join(offers(), someOid));
    writeFileSync(path.join(offers(), '.tmp-1'), text);
    expect(readOffer(vault, key)).toBeUndefined();
    expect(readOffer(vault, someOid as OfferKey)).toBeUndefined();
    expect(offerKeys(vault)).toEqual([key, someOid]);
    writeOffer(vault, { key, text }, processes);
    expect(readOffer(vault, key)).toBeDefined();
  });

  it('is nowhere where nothing was ever paused', () => {
    const nowhere = vaultIn(path.join(temporaryDirectory(), 'none'));
    expect([readOffer(nowhere, key), offerKeys(nowhere)]).toEqual([undefined, []]);
    expect(areRendered(nowhere, defaults)).toBe(true);
  });
});

describe('settings', () => {
  const others: readonly RenderedSettings[] = [
    { ...defaults, offers: { mode: 'hint', ignoreBranches: [] } },
    { ...defaults, offers: { mode: 'auto', ignoreBranches: ['a b', '"c"', 'é'] } },
    { ...defaults, autoPause: true },
    { ...defaults, guardOff: true },
  ];

  it('that are the defaults need no file', () => {
    renderSettings(vault, defaults, processes);
    expect(inVault()).toEqual([]);
  });

  it.each(others)('are told apart from all others: %j', (settings) => {
    const rest = [defaults, ...others].filter((other) => other !== settings);
    renderSettings(vault, settings, processes);
    expect(areRendered(vault, settings)).toBe(true);
    for (const other of rest) expect(areRendered(vault, other)).toBe(false);
    renderSettings(vault, defaults, processes);
    expect(inVault()).toEqual([]);
  });

  it('are rendered again when the directory of the offers is gone', () => {
    const settings = { ...defaults, autoPause: true };
    renderSettings(vault, settings, processes);
    expect(inVault()).toEqual(['auto-pause', 'offers']);
    removeOffer(vault, key);
    mkdirSync(path.join(offers(), 'kept'));
    renderSettings(vault, defaults, processes);
    expect(existsSync(path.join(offers(), 'kept'))).toBe(true);
  });
});
