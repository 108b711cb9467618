// SPDX-License-Identifier: BSL-1.0
// completion: what shells ask the tool for.
#include "commands.hpp"
#include "output.hpp"

namespace tool {

namespace {

constexpr std::string_view bash = R"script(# bash completion for bus; topics are asked for with 'bus ls --names'
_bus() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --dir|--group) ((i++)) ;;
      -*) ;;
      *) command=${COMP_WORDS[i]}; break ;;
    esac
  done
  case $before in
    --dir) COMPREPLY=($(compgen -d -- "$word")); return ;;
    --group) COMPREPLY=($(compgen -g -- "$word")); return ;;
    --from) COMPREPLY=($(compgen -W 'earliest latest' -- "$word")); return ;;
    --size) COMPREPLY=($(compgen -W '8 64 256 1024' -- "$word")); return ;;
    --count | --interval | --seconds) return ;;
  esac
  local words='--help --json --dir --group'
  case $command in
    '') words="ls stat tap pub doctor bench rm forget completion --version $words" ;;
    ls) words="$(bus ls --names 2>/dev/null | cut -d/ -f1 | sort -u) --names --interval $words" ;;
    stat) words="$(bus ls --names 2>/dev/null) --watch --count --interval $words" ;;
    tap) words="$(bus ls --names 2>/dev/null) --from --count --signals --no-wait $words" ;;
    pub | rm | forget) words="$(bus ls --names 2>/dev/null) $words" ;;
    doctor) words="--clean $words" ;;
    bench) words="--seconds --size $words" ;;
    completion) words='bash zsh fish' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _bus bus)script";

// clang-format off: it takes the quotes in here for the end of the string
constexpr std::string_view zsh = R"script(#compdef bus
# zsh completion for bus; topics are asked for with 'bus ls --names'
_bus_topics() {
  local -a topics
  topics=(${(f)"$(bus ls --names 2>/dev/null)"})
  compadd -a topics
}
_bus_buses() {
  local -a topics
  topics=(${(f)"$(bus ls --names 2>/dev/null)"})
  compadd -- ${(u)topics%%/*}
}
_bus() {
  local -a commands common
  commands=(
    'ls:list topics' 'stat:all of one topic' 'tap:print events' 'pub:publish JSON lines' 'doctor:what keeps buses from working'
    'bench:messages a second and round trips' 'rm:remove a topic' 'forget:give up a position' 'completion:for a shell'
  )
  common=('--help[show help]' '--json[one object a line]' '--dir[where the buses lie]:directory:_files -/'
    '--group[whose they are]:group:_groups')
  local state line
  _arguments -C $common '--version[show the version]' '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
        ls) _arguments $common '--names[names only]' '--interval[of the rate]:seconds:' '1:bus:_bus_buses' ;;
        stat) _arguments $common '--watch[again and again]' '--count[looks]:n:' '--interval[of the rate]:seconds:' '1:topic:_bus_topics' ;;
        tap) _arguments $common '--from[where to begin]:where:(earliest latest)' '--count[events]:n:' '--signals[signals too]' \
               '--no-wait[end when all is read]' '1:topic:_bus_topics' ;;
        pub|rm) _arguments $common '1:topic:_bus_topics' ;;
        forget) _arguments $common '1:topic:_bus_topics' '2:subscriber:' ;;
        doctor) _arguments $common '--clean[remove what nobody uses]' ;;
        bench) _arguments $common '--seconds[in all]:seconds:' '*--size[of an event]:bytes:(8 64 256 1024)' ;;
        completion) _arguments '1:shell:(bash zsh fish)' ;;
      esac ;;
  esac
}
if [[ $funcstack[1] == _bus ]]; then _bus "$@"; else compdef _bus bus; fi)script";
// clang-format on

constexpr std::string_view fish = R"script(# fish completion for bus; topics are asked for with 'bus ls --names'
complete -c bus -f
complete -c bus -l help -d 'show help'
complete -c bus -l json -d 'one object a line'
complete -c bus -l dir -r -a '(__fish_complete_directories)' -d 'where the buses lie'
complete -c bus -l group -x -a '(__fish_complete_groups)' -d 'whose they are'
for pair in 'ls:list topics' 'stat:all of one topic' 'tap:print events' 'pub:publish JSON lines' \
    'doctor:what keeps buses from working' 'bench:messages a second' 'rm:remove a topic' 'forget:give up a position' \
    'completion:for a shell'
  set -l word (string split : -- $pair)
  complete -c bus -n __fish_use_subcommand -a $word[1] -d $word[2]
end
complete -c bus -n '__fish_seen_subcommand_from ls' -a '(bus ls --names 2>/dev/null | string replace -r "/.*" "" | sort -u)'
complete -c bus -n '__fish_seen_subcommand_from ls' -l names -d 'names only'
complete -c bus -n '__fish_seen_subcommand_from stat tap pub rm forget' -a '(bus ls --names 2>/dev/null)'
complete -c bus -n '__fish_seen_subcommand_from ls stat' -l interval -x -d 'seconds of the rate'
complete -c bus -n '__fish_seen_subcommand_from stat' -l watch -d 'again and again'
complete -c bus -n '__fish_seen_subcommand_from stat tap' -l count -x -d 'end after so many'
complete -c bus -n '__fish_seen_subcommand_from tap' -l from -x -a 'earliest latest' -d 'where to begin'
complete -c bus -n '__fish_seen_subcommand_from tap' -l signals -d 'signals too'
complete -c bus -n '__fish_seen_subcommand_from tap' -l no-wait -d 'end when all is read'
complete -c bus -n '__fish_seen_subcommand_from doctor' -l clean -d 'remove what nobody uses'
complete -c bus -n '__fish_seen_subcommand_from bench' -l seconds -x -d 'how long, in all'
complete -c bus -n '__fish_seen_subcommand_from bench' -l size -x -a '8 64 256 1024' -d 'bytes of an event'
complete -c bus -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish')script";

}  // namespace

lv::result<> run_completion(const options& o) { return print(o.shell == "bash" ? bash : o.shell == "zsh" ? zsh : fish); }

}  // namespace tool
