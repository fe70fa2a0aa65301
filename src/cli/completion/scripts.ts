// What a shell is told, once: it asks the program for the words each time, so nothing of this goes stale.

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** By it a shell asks for the words; no shell is called so. */
export const REPLY = 'reply';

const ASK = `milestone completion ${REPLY} --`;

export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# milestone: completion for bash; \`source <(milestone completion bash)\` in ~/.bashrc
_milestone() {
  local word
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    # What stands before the last \`=\` is a word of its own for bash.
    [[ -n $word ]] && COMPREPLY+=("\${word#*=}")
  done < <(command ${ASK} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _milestone milestone
`,
  zsh: `#compdef milestone
# milestone: completion for zsh; \`source <(milestone completion zsh)\` in ~/.zshrc, after \`compinit\`
_milestone() {
  local -a found
  local word about
  while IFS=$'\\t' read -r word about; do
    [[ -n $word ]] && found+=("\${word//:/\\\\:}:$about")
  done < <(command ${ASK} "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe milestone found; else _files; fi
}
if [[ \${funcstack[1]} == _milestone ]]; then _milestone "$@"; else compdef _milestone milestone; fi
`,
  fish: `# milestone: completion for fish; \`milestone completion fish | source\` in ~/.config/fish/config.fish
function __milestone_words
  set -l found (command ${ASK} (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c milestone -f -a '(__milestone_words)'
`,
};
