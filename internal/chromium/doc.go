// Package chromium drives a real browser for tests: a headless Chromium of its
// own for each test, with its own empty profile, that reaches nothing but the
// loopback interface.
//
// Only tests import it. It speaks the DevTools protocol over two pipes
// (https://chromedevtools.github.io/devtools-protocol/), and must not know what
// the pages are about.
package chromium
