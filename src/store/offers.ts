import { rmdirSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../errors.ts';
import {
  isOfferKey,
  type Offer,
  type OfferKey,
  type OfferSettings,
  parseOffer,
} from '../hooks/offer.ts';
import type { Processes } from '../io.ts';
import { makePrivateDirectory, removeFile, replaceWhole } from './durable-files.ts';
import { namesIn, readRegularFile, whatIsAt } from './read-files.ts';
import { hookFiles, type Vault } from './vault.ts';

/**
 * What the hooks read of the sessions and of the configuration: files in the vault that are derived
 * from both, so that none of them is waited for to be on the disk. Whoever writes holds the vault's
 * lock.
 */

/** A header and three lines of 120 columns, each of which may be a character of several bytes. */
const largestOffer = 16 * 1024;

/** The text of an offer; undefined when there is none that can be read. */
export function offerText(vault: Vault, key: OfferKey): string | undefined {
  const read = readRegularFile(path.join(vault.directory, hookFiles.offers, key), largestOffer);
  return read.kind === 'read' ? read.content.toString('utf8') : undefined;
}

/** Undefined when there is none, or it is damaged. */
export function readOffer(vault: Vault, key: OfferKey): Offer | undefined {
  const text = offerText(vault, key);
  return text === undefined ? undefined : parseOffer(text);
}

/** Also of those that cannot be read. */
export function offerKeys(vault: Vault): readonly OfferKey[] {
  return namesIn(path.join(vault.directory, hookFiles.offers)).filter(isOfferKey);
}

/** @throws the system's error; the offer that was there is untouched then */
export function writeOffer(
  vault: Vault,
  offer: { readonly key: OfferKey; readonly text: string },
  processes: Processes,
): void {
  makePrivateDirectory(path.join(vault.directory, hookFiles.offers));
  write(vault, { name: path.join(hookFiles.offers, offer.key), content: offer.text }, processes);
}

export function removeOffer(vault: Vault, key: OfferKey): void {
  removeFile(path.join(vault.directory, hookFiles.offers, key));
}

/** What the configuration says to the hooks. */
export interface RenderedSettings {
  readonly offers: OfferSettings;
  readonly autoPause: boolean;
  readonly guardOff: boolean;
}

/** Whether the markers, and the settings that all offers were rendered with, say the same. */
export function areRendered(vault: Vault, settings: RenderedSettings): boolean {
  const { autoPause, guardOff } = settings;
  if (textOfSettings(settings.offers) !== writtenSettings(vault)) return false;
  if (isThere(vault, hookFiles.autoPause) !== autoPause) return false;
  if (autoPause && !isThere(vault, hookFiles.offers)) return false;
  return isGuardOff(vault) === guardOff;
}

/**
 * Writes the markers, after the offers: should this be interrupted, the next command begins anew.
 * The directory of the offers stays only while the hook has something to do there.
 *
 * @throws the system's error
 */
export function renderSettings(
  vault: Vault,
  settings: RenderedSettings,
  processes: Processes,
): void {
  mark(vault, { name: hookFiles.autoPause, isSet: settings.autoPause }, processes);
  mark(vault, { name: hookFiles.guardOff, isSet: settings.guardOff }, processes);
  const offers = path.join(vault.directory, hookFiles.offers);
  if (settings.autoPause) makePrivateDirectory(offers);
  else removeEmpty(offers);
  const text = textOfSettings(settings.offers);
  if (text === writtenSettings(vault)) return;
  if (text === '') removeFile(path.join(vault.directory, hookFiles.offerSettings));
  else write(vault, { name: hookFiles.offerSettings, content: text }, processes);
}

/** What a repository may write into its configuration is not longer. */
const largestSettings = 256 * 1024;

function textOfSettings({ mode, ignoreBranches }: OfferSettings): string {
  if (mode === 'auto' && ignoreBranches.length === 0) return '';
  return `${JSON.stringify({ mode, ignoreBranches })}\n`;
}

/** Undefined when it cannot be told. */
function writtenSettings(vault: Vault): string | undefined {
  const read = readRegularFile(
    path.join(vault.directory, hookFiles.offerSettings),
    largestSettings,
  );
  if (read.kind === 'absent') return '';
  return read.kind === 'read' ? read.content.toString('utf8') : undefined;
}

function mark(
  vault: Vault,
  marker: { readonly name: string; readonly isSet: boolean },
  processes: Processes,
): void {
  if (isThere(vault, marker.name) === marker.isSet) return;
  if (marker.isSet) write(vault, { name: marker.name, content: '' }, processes);
  else removeFile(path.join(vault.directory, marker.name));
}

/** Whether the guards let session files pass, as the configuration had it when that was rendered. */
export function isGuardOff(vault: Vault): boolean {
  return isThere(vault, hookFiles.guardOff);
}

function isThere(vault: Vault, name: string): boolean {
  return whatIsAt(path.join(vault.directory, name)) !== 'nothing';
}

/** Never recursive: what is in it is not ours, or a hook of an older version still looks there. */
function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    const isFilled = ['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '');
    if (!isFilled && errorCode(error) !== 'ENOENT') throw error;
  }
}

/** By a temporary file in the vault itself, which the next command looks through for leftovers. */
function write(
  vault: Vault,
  file: { readonly name: string; readonly content: string },
  processes: Processes,
): void {
  replaceWhole({ directory: vault.directory, ...file, isCopy: true }, processes);
}
