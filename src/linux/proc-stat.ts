/** Fields of /proc/PID/stat and /proc/PID/task/TID/stat, proc_pid_stat(5). */
export interface ProcStat {
  /** Field 3, one letter; empty if the stat text is empty. */
  readonly state: string
  /** Field 6. */
  readonly session: string
  /** Field 22: the time at which the process started, in ticks since the machine booted. */
  readonly startTicks: string
}

/**
 * Reads the text of a stat file.
 *
 * @example parseStat(readFileSync('/proc/self/stat', 'latin1')).state // 'R'
 */
export function parseStat(stat: string): ProcStat {
  // Field 2, the name in parentheses, may itself contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state = '', , , session = ''] = fields
  return { state, session, startTicks: fields[19] ?? '' }
}
