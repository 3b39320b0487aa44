import path from 'node:path';
import { formats } from '../../formats/index.ts';
import type { Project } from '../../project.ts';
import { counted } from '../../session/counted.ts';
import { describeProblem, type ReadableEntry } from '../../session/entry.ts';
import { obstacleTo, sessionFile } from '../../store/directory.ts';
import { leftoversIn } from '../../store/durable-files.ts';
import { isLockAbandoned } from '../../store/lock.ts';
import { tooOpenIn } from '../../store/private-files.ts';
import { readRegularFile } from '../../store/read-files.ts';
import { recordLimit } from '../../store/session-file.ts';
import { listSessions } from '../../store/sessions.ts';
import { hookFiles } from '../../store/vault.ts';
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
  const states = sessions.formats.map((format) => {
    const read = readRegularFile(sessionFile(directory, id, format), recordLimit);
    if (read.kind === 'absent') return { format, state: 'missing' };
    const isSame =
      read.kind === 'read' && read.content.toString('utf8') === formats[format].encode(record);
    return { format, state: isSame ? 'same' : 'different' };
  });
  const named = (wanted: string) =>
    states.filter(({ state }) => state === wanted).map(({ format }) => format);
  const missing = named('missing');
  const different = named('different');
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
  return [mendable('permissions', `Others on this machine can read ${files}.`, 'permissions')];
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
  const journal = readRegularFile(path.join(vault.directory, hookFiles.installing), recordLimit);
  const found = [
    ...(left.length === 0
      ? []
      : [mendable('leftover-files', `Left by interrupted runs: ${left.join(', ')}.`, 'leftovers')]),
    ...(isLocked
      ? [mendable('leftover-lock', 'A run that was interrupted left its lock.', 'leftovers')]
      : []),
    ...(journal.kind === 'absent'
      ? []
      : [
          mendable(
            'interrupted-init',
            "An 'init' or 'uninstall' was interrupted before it was done.",
            'interrupted-init',
          ),
        ]),
  ];
  return found.length > 0 ? found : [well('leftovers', 'Nothing is left of interrupted runs.')];
}
