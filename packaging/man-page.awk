# A --help as CLI11 writes it, as a part of a manual page: head, command or tail (see man-pages).
function escape(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  if (text ~ /^[.']/) text = "\\&" text
  return text
}

# "--only ID   Only these": its name, then its words.
function entry(line,  at) {
  sub(/^ +/, "", line)
  at = match(line, /   */)
  printf ".TP\n.B %s\n", escape(at ? substr(line, 1, at - 1) : line)
  if (at) print escape(substr(line, at + RLENGTH))
}

function usage(line) {
  sub(/^Usage: /, "", line)
  if (part == "head") {
    name = line
    sub(/ .*/, "", name)
    sub(/^[^ ]* ?/, "", line)
    printf ".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.B %s\n%s\n", escape(name), words, escape(name), escape(line)
  } else if (part == "command") {
    sub(/^[^ ]* /, "", line)
    sub(/ \[OPTIONS\]/, "", line)
    printf ".SS %s\n%s\n", escape(line), words
  }
}

BEGIN { place = "words" }
place == "words" && /^Usage: / { usage($0); place = "usage"; next }
place == "words" && NF { words = words (words ? " " : "") escape($0); next }
place == "examples" { examples = examples escape($0) "\n"; next }
/^Examples:/ { place = "examples"; next }
/^(Options|Positionals|OPTIONS|POSITIONALS):/ {
  place = "flags"
  if (part == "head" && !shown++) print ".SH OPTIONS"
  next
}
/^(Subcommands|SUBCOMMANDS):/ { place = "commands"; next }
/^Exit code: / { place = "exit"; sub(/^Exit code: /, ""); code = escape($0); next }
place == "commands" && /^  / { commands = 1 }
place == "flags" && /^  -h,--help/ { next }
place == "flags" && part != "tail" && /^  [^ ]/ { entry($0) }
place == "flags" && part != "tail" && /^    / { sub(/^ +/, ""); print escape($0) }

END {
  if (part == "head" && commands) print ".SH COMMANDS"
  if (part == "tail" && code) printf ".SH EXIT STATUS\n%s\n", code
  if (part == "tail" && examples) printf ".SH EXAMPLES\n.nf\n%s.fi\n", examples
}
