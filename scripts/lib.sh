# Shared by run, test and the scripts: what is missing on this machine, and how to get it. Sourced, for bash.

newest_pg_bin() { # prints the folder of initdb and pg_ctl, in the order in which the program looks for them
  local dir
  for dir in "${PG_BIN_DIR-}" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -Vr) $(ls -d "$PWD"/.pg/*/bin 2>/dev/null | sort -Vr); do
    if [ -n "$dir" ] && [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ]; then printf '%s\n' "$dir" && return; fi
  done
  dir=$(command -v initdb) && [ -x "$(dirname "$dir")/pg_ctl" ] && dirname "$dir"
}

# A compiler that can link: the headers' package is only recommended by gcc's, and slim machines leave it out.
can_link() { command -v cc >/dev/null && [ -e "$(cc -print-file-name=crt1.o 2>/dev/null)" ]; }

# Rust's installer puts cargo where a non-login shell does not look.
find_cargo() {
  command -v cargo >/dev/null && return
  [ -x "${CARGO_HOME:-${HOME-}/.cargo}/bin/cargo" ] && PATH="${CARGO_HOME:-${HOME-}/.cargo}/bin:$PATH" && export PATH
}

# True when cargo is new enough for the workspace (rust-version in Cargo.toml).
cargo_is_new_enough() {
  local have need
  need=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  have=$(cargo --version 2>/dev/null | cut -d' ' -f2)
  [ -n "$have" ] && [ "$(printf '%s\n%s\n' "$need" "${have%%-*}" | sort -V | head -n1)" = "$need" ]
}

# The command by which this account, or whoever administers this machine, installs packages. A bare Debian has no sudo.
apt_command() {
  local command="apt-get update && apt-get install -y $*"
  if [ "$(id -u)" = 0 ]; then
    printf '%s\n' "$command"
  elif command -v sudo >/dev/null; then
    printf "sudo sh -c '%s'\n" "$command"
  else
    printf "su -c '%s'\n" "$command"
  fi
}

# Installs packages, as root or by sudo. Without the right to do so: prints the exact command and returns 1.
apt_install() {
  local sudo=()
  if ! command -v apt-get >/dev/null; then
    echo "缺少软件，而这里没有 apt-get。请用本机的软件管理工具安装与下列 Debian 软件包相当的软件：$*" >&2
    return 1
  fi
  if [ "$(id -u)" != 0 ]; then
    # With a terminal sudo may ask for the password; without one it must not need it.
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && [ -z "${CI-}" ]; }; }; then
      sudo=(sudo)
    else
      printf '缺少软件，而当前帐号无权安装。请让管理员运行：\n\n  %s\n\n' "$(apt_command "$@")" >&2
      return 1
    fi
  fi
  echo "正在安装：$*" >&2
  if ! { "${sudo[@]}" apt-get update -qq && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } </dev/null >&2; then
    printf '安装没有成功。请查看上面的原因，然后手动运行：\n\n  %s\n\n' "$(apt_command "$@")" >&2
    return 1
  fi
}

# Megabytes that can still be written into a folder.
free_mb() { df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }'; }

# Megabytes a folder takes already; none if it is not there.
used_mb() { { du -sm "$1" 2>/dev/null || echo 0; } | awk 'NR == 1 { print $1 }'; }
