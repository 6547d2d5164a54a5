# SPDX-License-Identifier: Apache-2.0
# Completion for bash: commands, flags and their values, names of plugins, files.

_stoq_plugins() {
  "${COMP_WORDS[0]}" list --names 2>/dev/null
}

_stoq_spooled() {
  "${COMP_WORDS[0]}" spool list --format json 2>/dev/null | sed -n 's/^ *"id": "\([^"\\]*\)",$/\1/p'
}

_stoq() {
  local current=${COMP_WORDS[COMP_CWORD]} command='' flag='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      scan | run | list | install | doctor | test | spool)
        command=${COMP_WORDS[i]}
        break
        ;;
    esac
  done
  if [[ -z $command ]]; then
    COMPREPLY=($(compgen -W 'scan run list install doctor test spool --help -h --version' -- "$current"))
    return
  fi

  local common='--config-file --plugin-dir --plugin-opts --set --log-level --help -h'
  local requests='-a --always-dispatch -R --dispatchers -E --deep-dispatchers -s --start-dispatch
    -d --start-deep-dispatch -C --connectors -D --decorators -A --dest-archivers -S --source-archivers
    --max-recursion --max-dispatch-passes --threads --request-source --request-extra --timings --explain'
  local flags=$common
  case $command in
    scan) flags="$common $requests --format --color" ;;
    run) flags="$common $requests -P --providers --progress" ;;
    list) flags="$common --verbose --names" ;;
    install) flags="$common --install-dir --install_dir --upgrade --github" ;;
    doctor) flags="$common --format" ;;
    spool) flags="$common --connector --all --format" ;;
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
    return
  fi

  # Names of plugins may follow each other; other flags take what comes right behind them.
  for ((i = COMP_CWORD - 1; i > 0; i--)); do
    if [[ ${COMP_WORDS[i]} == -* ]]; then
      flag=${COMP_WORDS[i]}
      break
    fi
  done
  case $flag in
    -a | --always-dispatch | -R | --dispatchers | -E | --deep-dispatchers | -s | --start-dispatch | \
      -d | --start-deep-dispatch | -C | --connectors | -D | --decorators | -A | --dest-archivers | \
      -S | --source-archivers | -P | --providers | --connector)
      COMPREPLY=($(compgen -W "$(_stoq_plugins)" -- "$current"))
      return
      ;;
    --plugin-opts)
      COMPREPLY=($(compgen -S : -W "$(_stoq_plugins)" -- "$current"))
      compopt -o nospace 2>/dev/null
      return
      ;;
  esac
  if [[ $flag == "${COMP_WORDS[COMP_CWORD - 1]}" ]]; then
    case $flag in
      --format)
        if [[ $command == doctor || $command == spool ]]; then
          COMPREPLY=($(compgen -W 'text json' -- "$current"))
        else
          COMPREPLY=($(compgen -W 'json jsonl tree' -- "$current"))
        fi
        return
        ;;
      --color | --progress)
        COMPREPLY=($(compgen -W 'auto always never' -- "$current"))
        return
        ;;
      --log-level)
        COMPREPLY=($(compgen -W 'debug info warning error critical' -- "$current"))
        return
        ;;
      --plugin-dir | --install-dir | --install_dir)
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -d -- "$current"))
        return
        ;;
      --set | --max-recursion | --max-dispatch-passes | --threads | --request-source | --request-extra)
        return
        ;;
    esac
  fi
  if [[ $command == test ]]; then
    COMPREPLY=($(compgen -W "$(_stoq_plugins)" -- "$current"))
    return
  fi
  if [[ $command == spool ]]; then
    if [[ ${COMP_WORDS[COMP_CWORD - 1]} == spool ]]; then
      COMPREPLY=($(compgen -W 'list retry drop' -- "$current"))
    else
      COMPREPLY=($(compgen -W "$(_stoq_spooled)" -- "$current"))
    fi
    return
  fi
  [[ $command == list || $command == doctor ]] && [[ $flag != --config-file ]] && return
  compopt -o filenames 2>/dev/null
  local IFS=$'\n'
  COMPREPLY=($(compgen -f -- "$current"))
}

complete -F _stoq stoq
