# The scripts of the page, which become one, each after those that it needs.
set(PAGE_SCRIPTS stream.js look.js spectrogram.js atoms.js strips.js hold.js status.js live.js)
