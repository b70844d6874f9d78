import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Command } from "commander";

/** Words that may follow each command, by its path: `persona revoke` → `--all …`. */
function wordsOf(command: Command, path: string): Map<string, readonly string[]> {
  const own = [
    ...command.commands.flatMap(namesOf),
    ...command.options.flatMap(({ long }) => (long === undefined ? [] : [long])),
    "--help",
  ];
  const below = command.commands.flatMap((each) =>
    namesOf(each).flatMap((name) => [...wordsOf(each, `${path} ${name}`)]),
  );
  return new Map([[path, [...new Set(own)]], ...below]);
}

const namesOf = (command: Command): string[] => [command.name(), ...command.aliases()];

/** `persona completion SHELL`: a script out of the commands that there are, to be sourced. Names of files complete as ever. */
export function completion(program: Command, shell: string): void {
  const words = wordsOf(program, "persona");
  if (shell === "bash") process.stdout.write(bash(words));
  else if (shell === "zsh") process.stdout.write(`autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`);
  else if (shell === "fish") process.stdout.write(fish(words));
  else throw new PersonaError("USAGE", "There are scripts for bash, zsh and fish.", { data: { shell } });
}

function bash(words: ReadonlyMap<string, readonly string[]>): string {
  const cases = [...words].map(([path, next]) => `    "${path}") words="${next.join(" ")}" ;;`);
  return [
    '# persona: eval "$(persona completion bash)"',
    "_persona() {",
    '  local path="persona" word words=""',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash reads it
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    [[ "$word" == -* ]] && continue',
    '    case "$path $word" in',
    ...[...words.keys()].filter((path) => path !== "persona").map((path) => `      "${path}") path="${path}" ;;`),
    "    esac",
    "  done",
    '  case "$path" in',
    ...cases,
    "  esac",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash reads it
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    "}",
    "complete -o default -F _persona persona",
    "",
  ].join("\n");
}

function fish(words: ReadonlyMap<string, readonly string[]>): string {
  const lines = [...words].flatMap(([path, next]) => {
    const before = path.split(" ").slice(1);
    const seen = before.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
    const condition = before.length === 0 ? "__fish_use_subcommand" : seen;
    const names = next.filter((word) => !word.startsWith("--"));
    const flags = next.filter((word) => word.startsWith("--"));
    return [
      ...(names.length === 0 ? [] : [`complete -c persona -n '${condition}' -a '${names.join(" ")}'`]),
      ...flags.map((flag) => `complete -c persona -n '${condition}' -l ${flag.slice(2)}`),
    ];
  });
  return ["# persona: persona completion fish | source", ...lines, ""].join("\n");
}
