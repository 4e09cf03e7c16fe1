/** Problems of running upgrades, for `lockstep explain`. */
export const codes: Record<string, {title: string; text: string}> = {
  Q001: {
    title: 'Not a journal that this program can read',
    text: 'A journal begins with a record that names its run, its plan and the version of its form. This file does not, or it was written by another version of this program: finish the run with the version that began it.',
  },
  Q002: {
    title: 'A journal is damaged',
    text: 'The records of a journal have numbers without gaps, and each is whole. Only the last line may be unfinished, when a run died in the middle of writing it. What is missing in between cannot be guessed: look at the world by `lockstep doctor`, plan again from what runs, and begin a new journal.',
  },
  Q003: {
    title: 'A journal is of another plan',
    text: 'The journal was begun for a plan with another digest. Give the plan that it was begun with, or name a new journal.',
  },
  Q004: {
    title: 'A journal is there already',
    text: 'The run that it tells of was begun before. `--resume` goes on with it, `--abort` takes it back, `lockstep upgrade status` says how far it came; a new run needs a journal of its own.',
  },
  Q005: {
    title: 'There is no journal',
    text: '--resume, --abort and --emergency go on with a run that was begun. `--journal` names its file.',
  },
  Q006: {
    title: 'Parameters are not known',
    text: 'Steps of the plan have parameters in braces, such as {{namespace}}, which the site has to say: under `parameters` of its bindings, or by `--parameter NAME=VALUE`. `karpenter.namespace` goes for the steps of Karpenter alone. Nothing was done.',
  },
  Q007: {
    title: 'No such step, or not one to decide on',
    text: 'Steps are named by hop and number, such as 2.3, and on the way back back.2.3. `--approve` is for steps that ask a person, `--done` and `--again` for steps of which a run cannot tell whether they were done.',
  },
  Q008: {
    title: 'A step does something that this program does not know',
    text: 'The plan was written by another version of this program, or changed by hand. Plan again with this version.',
  },
  Q009: {
    title: 'A run that was taken back does not go forward',
    text: 'After --abort or --emergency the steps that the journal calls done are no longer so, and nobody has judged what stands between. --abort and --emergency may go on. To go forward plan again from the versions that run now, and begin a new journal: `--journal` names it.',
  },
  Q010: {
    title: 'Somebody else writes to the journal',
    text: 'The journal has grown since this run read it: another process goes on with the same run. This one has stopped before doing anything else. Let the other one finish.',
  },
  Q011: {
    title: 'A record of the journal could not be written',
    text: 'The disk, or what one may use of it, is full. The run has stopped before the act that the record was to announce; the unfinished line is as good as none. Make room and go on.',
  },
  Q012: {
    title: 'A run goes on with other parameters',
    text: 'The journal has a digest of each parameter that the run was begun with: other ones would let the steps that are left, and those of the way back, mean other objects than the steps that are done. Give the same `--parameter` options and the same bindings. Parameters that nobody had said before may be added.',
  },
  Q020: {
    title: 'Another run holds the lock',
    text: 'Upgrades of one cluster go one at a time; a Lease in the cluster says whose turn it is; where no cluster is named the journal alone keeps two runs apart. A holder that died loses it after a minute. A run that lost it stops before its next act.',
  },
  Q030: {
    title: 'Argo CD owns it',
    text: 'What Argo CD owns follows Git: a change in the cluster would be undone, or hide that Git says something else. `lockstep upgrade emit` writes the change to where Argo CD reads it.',
  },
  Q031: {
    title: 'Flux owns it',
    text: 'What Flux owns follows Git: a change in the cluster would be undone, or hide that Git says something else. `lockstep upgrade emit` writes the change to where Flux reads it.',
  },
  Q032: {
    title: 'Terraform owns it',
    text: 'What Terraform owns is told by its files, and a change beside them would be taken back by the next apply. `lockstep upgrade emit --to git` edits the file; apply it for the one target, then go on with `--done`.',
  },
  Q040: {
    title: 'Not a maintenance window',
    text: 'A window is written as days, times and perhaps a time zone.',
  },
  Q050: {
    title: 'Nothing can be taken back',
    text: 'The newest hop that was begun has no way back, or it is over. What is left by then, such as a restore, is told by the plan.',
  },
}
