import path from 'node:path';
import { formats } from '../../formats/index.ts';
import { damagedJournal, readJournal } from '../../integrations/edits/journal.ts';
import type { Project } from '../../project.ts';
import { counted } from '../../session/counted.ts';
import { describeProblem, type ReadableEntry } from '../../session/entry.ts';
import { obstacleTo, ownRecord, sessionFile } from '../../store/directory.ts';
import { leftoversIn } from '../../store/durable-files.ts';
import { isLockAbandoned } from '../../store/lock.ts';
import { tooOpenIn } from '../../store/private-files.ts';
import { readRegularFile } from '../../store/read-files.ts';
import { recordLimit } from '../../store/session-file.ts';
import { listSessions } from '../../store/sessions.ts';
import { hookFiles, type Vault } from '../../store/vault.ts';
import { type Check, mendable, problem, well } from './check.ts';
import type { Examined } from './examined.ts';

/** Whether every record is whole, and the files of this work tree's sessions say what it says. */
export async function checkRecords({ project }: Examined): Promise<readonly Check[]> {
  const obstacle = obstacleTo(project.sessions.directory);
  const { entries, warnings } = await listSessions(project.sessions);
  const found = [
    ...(obstacle === undefined
      ? warnings.map((message) => problem('vault-hidden', message, 'Check its permissions'))
      : [problem('sessions-unusable', `${obstacle.path} is ${obstacle.what}.`, 'Move it away')]),
    ...entries.flatMap(({ id, problem: what }) =>
      what === undefined
        ? []
        : [
            problem(
              'record-damaged',
              `The session ${id} cannot be read: ${describeProblem(what)}.`,
              `mpm-session rm ${id}`,
            ),
          ],
    ),
    ...(obstacle === undefined ? entries.flatMap((entry) => checkFiles(project, entry)) : []),
  ];
  const message = `${counted(entries.length, 'session')}: the records are whole, and their files say the same.`;
  return found.length > 0 ? found : [well('records', message)];
}

function checkFiles(
  { sessions }: Project,
  { record, where }: { readonly record?: ReadableEntry['record']; readonly where: string },
): readonly Check[] {
  const { directory } = sessions;
  if (record === undefined || where !== 'vault' || record.project_path !== directory.root)
    return [];
  const id = record.session_id;
  const before = ownRecord(directory, id);
  const states = sessions.formats.map((format) => {
    const read = readRegularFile(sessionFile(directory, id, format), recordLimit);
    if (read.kind === 'absent') return { format, state: 'missing' };
    const text = read.kind === 'read' ? read.content.toString('utf8') : undefined;
    if (text === formats[format].encode(record)) return { format, state: 'same' };
    const isOlder = before.some((one) => formats[format].encode(one) === text);
    return { format, state: isOlder ? 'older' : 'different' };
  });
  const named = (wanted: string) =>
    states.filter(({ state }) => state === wanted).map(({ format }) => format);
  const missing = named('missing');
  const different = named('different');
  const older = named('older');
  return [
    ...(missing.length === 0
      ? []
      : [
          mendable(
            'files-missing',
            `The session ${id} lacks its files: ${missing.join(', ')}.`,
            'files',
          ),
        ]),
    ...(older.length === 0
      ? []
      : [
          mendable(
            'files-older',
            `The session ${id} was changed from elsewhere since its files were written.`,
            'files',
          ),
        ]),
    ...(different.length === 0
      ? []
      : [
          problem(
            'files-differ',
            `The session ${id} says something else in its files (${different.join(', ')}) than in its record, which counts.`,
            `Delete those files of ${id}; the next command writes them anew`,
          ),
        ]),
  ];
}

/** Whether anybody else on the machine can read what was paused. */
export async function checkPermissions({ project, vault }: Examined): Promise<readonly Check[]> {
  const open = placesOf(project, vault.directory).flatMap(tooOpenIn);
  const [first] = open;
  if (first === undefined) return [well('permissions', 'Sessions can be read by you alone.')];
  const files = open.length === 1 ? first.path : `${first.path} and ${open.length - 1} more`;
  const message = `The permissions of ${files} are not for you alone.`;
  return [mendable('permissions', message, 'permissions')];
}

/** The directories that hold what is the user's alone. */
export function placesOf(project: Project, vault: string): readonly string[] {
  const { directory } = project.sessions;
  return obstacleTo(directory) === undefined ? [vault, directory.path] : [vault];
}

/** What runs that were interrupted have left. */
export async function checkLeftovers(examined: Examined): Promise<readonly Check[]> {
  const { io, project, vault } = examined;
  const places = [
    ...placesOf(project, vault.directory),
    vault.sessions,
    path.join(vault.directory, hookFiles.offers),
  ];
  const left = places.flatMap((place) => leftoversIn(place, io.now(), io.processes));
  const isLocked = isLockAbandoned(vault.directory, io);
  const found = [
    ...(left.length === 0
      ? []
      : [mendable('leftover-files', `Left by interrupted runs: ${left.join(', ')}.`, 'leftovers')]),
    ...(isLocked
      ? [mendable('leftover-lock', 'A run that was interrupted left its lock.', 'leftovers')]
      : []),
    ...checkJournal(vault),
  ];
  return found.length > 0 ? found : [well('leftovers', 'Nothing is left of interrupted runs.')];
}

function checkJournal(vault: Vault): readonly Check[] {
  const read = readJournal(vault);
  switch (read.kind) {
    case 'absent':
      return [];
    case 'damaged': {
      const { code, message, hint } = damagedJournal(vault, read.problem);
      return [problem(code, message, hint)];
    }
    case 'read': {
      const message = "An 'init' or 'uninstall' was interrupted before it was done.";
      return [mendable('interrupted-init', message, 'interrupted-init')];
    }
  }
}
