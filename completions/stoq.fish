# SPDX-License-Identifier: Apache-2.0
# Completion for fish: commands, flags and their values, names of plugins, files.

set -l commands scan run list install doctor test spool
set -l requests '__fish_seen_subcommand_from scan run'
set -l plugins '(stoq list --names 2>/dev/null)'

complete -c stoq -n "not __fish_seen_subcommand_from $commands" -f -a scan -d 'scan files, or what comes on stdin'
complete -c stoq -n "not __fish_seen_subcommand_from $commands" -f -a run -d 'scan what providers bring'
complete -c stoq -n "not __fish_seen_subcommand_from $commands" -f -a list -d 'list the plugins'
complete -c stoq -n "not __fish_seen_subcommand_from $commands" -f -a install -d 'install a plugin'
complete -c stoq -n "not __fish_seen_subcommand_from $commands" -f -a doctor -d 'check this installation'
complete -c stoq -n "not __fish_seen_subcommand_from $commands" -f -a test -d 'test plugins with their samples'
complete -c stoq -n "not __fish_seen_subcommand_from $commands" -f -a spool -d 'responses that are not saved'
complete -c stoq -n "not __fish_seen_subcommand_from $commands" -l version -d 'print the version'
complete -c stoq -s h -l help -d 'print the flags'

complete -c stoq -n "__fish_seen_subcommand_from $commands" -l config-file -r -F -d 'stoq.cfg to read'
complete -c stoq -n "__fish_seen_subcommand_from $commands" -l plugin-dir -x -a '(__fish_complete_directories)' -d 'directories to search for plugins'
complete -c stoq -n "__fish_seen_subcommand_from $commands" -l plugin-opts -x -a $plugins: -d 'plugin:option=value'
complete -c stoq -n "__fish_seen_subcommand_from $commands" -l set -x -d 'key=value of [core]'
complete -c stoq -n "__fish_seen_subcommand_from $commands" -l log-level -x -a 'debug info warning error critical' -d 'what is logged'

complete -c stoq -n $requests -s a -l always-dispatch -x -a $plugins -d 'workers that see every payload'
complete -c stoq -n $requests -s R -l dispatchers -x -a $plugins -d 'plugins that name the workers'
complete -c stoq -n $requests -s E -l deep-dispatchers -x -a $plugins -d 'plugins that name workers of later rounds'
complete -c stoq -n $requests -s s -l start-dispatch -x -a $plugins -d 'workers that see the first payload'
complete -c stoq -n $requests -s d -l start-deep-dispatch -x -a $plugins -d 'workers of the first deep dispatch'
complete -c stoq -n $requests -s C -l connectors -x -a $plugins -d 'plugins that save responses'
complete -c stoq -n $requests -s D -l decorators -x -a $plugins -d 'plugins that add to the response'
complete -c stoq -n $requests -s A -l dest-archivers -x -a $plugins -d 'archivers that payloads are kept in'
complete -c stoq -n $requests -s S -l source-archivers -x -a $plugins -d 'archivers that payloads are fetched from'
complete -c stoq -n $requests -l max-recursion -x -d 'levels of extraction'
complete -c stoq -n $requests -l max-dispatch-passes -x -a until_stable -d 'deep dispatch passes'
complete -c stoq -n $requests -l threads -x -d 'scan threads'
complete -c stoq -n $requests -l request-source -x -d 'source in the request meta'
complete -c stoq -n $requests -l request-extra -x -d 'key=value in the request meta'
complete -c stoq -n $requests -l timings -d 'add what the plugins took'
complete -c stoq -n $requests -l explain -d 'add why each worker ran'

complete -c stoq -n '__fish_seen_subcommand_from scan' -l format -x -a 'json jsonl tree' -d 'what is printed'
complete -c stoq -n '__fish_seen_subcommand_from scan' -l color -x -a 'auto always never' -d 'colors in the tree'
complete -c stoq -n '__fish_seen_subcommand_from run' -f
complete -c stoq -n '__fish_seen_subcommand_from run' -s P -l providers -x -a $plugins -d 'plugins that bring payloads'
complete -c stoq -n '__fish_seen_subcommand_from run' -l progress -x -a 'auto always never' -d 'a line that tells how far it is'
complete -c stoq -n '__fish_seen_subcommand_from list' -f
complete -c stoq -n '__fish_seen_subcommand_from list' -l verbose -d 'with options and all'
complete -c stoq -n '__fish_seen_subcommand_from list' -l names -d 'names only'
complete -c stoq -n '__fish_seen_subcommand_from install' -l install-dir -l install_dir -x -a '(__fish_complete_directories)' -d 'where plugins lie'
complete -c stoq -n '__fish_seen_subcommand_from install' -l upgrade -d 'replace an installed plugin'
complete -c stoq -n '__fish_seen_subcommand_from install' -l github -d 'not needed'
complete -c stoq -n '__fish_seen_subcommand_from doctor' -f
complete -c stoq -n '__fish_seen_subcommand_from doctor' -l format -x -a 'text json' -d 'what is printed'
complete -c stoq -n '__fish_seen_subcommand_from test' -f -a $plugins -d plugin
complete -c stoq -n '__fish_seen_subcommand_from spool; and not __fish_seen_subcommand_from list retry drop' -f -a 'list retry drop'
complete -c stoq -n '__fish_seen_subcommand_from spool' -f
complete -c stoq -n '__fish_seen_subcommand_from spool' -l connector -x -a $plugins -d 'retry: what these have not saved'
complete -c stoq -n '__fish_seen_subcommand_from spool' -l all -d 'drop: every response'
complete -c stoq -n '__fish_seen_subcommand_from spool' -l format -x -a 'text json' -d 'list: what is printed'
