# The files of each page, named from here: its document, its style, and its scripts, which become
# one, each after those that it needs.
set(LIVE_FILES live.html live.css
  stream.js look.js spectrogram.js atoms.js strips.js hold.js status.js live.js)
set(LISTEN_FILES listen/listen.html listen/listen.css
  listen/parts.js listen/player.js listen/waves.js listen/stems.js listen/theme.js listen/listen.js)
