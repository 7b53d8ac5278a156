package sandbox

// pageStyle is the look of the pages, in the colours that the person's system
// prefers. The pages allow this style alone, by its hash.
const pageStyle = `
:root { color-scheme: light dark; --bg: #f2f4f7; --card: #fff; --text: #16191f; --soft: #545b64; --line: #d5dbdb; --accent: #0b5fcc; --on: #fff; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --bg: #0f141a; --card: #192029; --text: #e9ecef; --soft: #a3adb8; --line: #36414d; --accent: #6cb0ff; --on: #0b1420; --bad: #ff9c94; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; padding: 2rem 1rem; display: flex; flex-direction: column; align-items: center; justify-content: center;
  background: var(--bg); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { width: 100%; max-width: 26rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 2px 14px #0002; }
.brand { margin: 0 0 1.2rem; color: var(--soft); font-size: .9rem; }
.brand b { color: var(--accent); }
h1 { margin: 0 0 .6rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
main > :last-child { margin-bottom: 0; }
form { margin: 0; display: grid; gap: .6rem; }
form + form { margin-top: .6rem; }
label { color: var(--soft); font-size: .9rem; }
input, button { width: 100%; padding: .7rem .9rem; font: inherit; border-radius: 8px; border: 1px solid var(--line); background: var(--card); color: var(--text); }
input[type="hidden"] { display: none; }
button { cursor: pointer; font-weight: 600; }
button:hover { border-color: var(--accent); }
:is(input, button):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.yes { background: var(--accent); border-color: var(--accent); color: var(--on); }
.yes:hover { filter: brightness(1.1); }
.link { padding: .2rem; border-color: transparent; background: none; color: var(--accent); font-weight: 400; }
.person { display: flex; justify-content: space-between; gap: 1rem; align-items: baseline; text-align: left; }
.person small { color: var(--soft); font-weight: 400; overflow-wrap: anywhere; }
#code, .code { font: 600 1.6rem/1.4 ui-monospace, Menlo, Consolas, monospace; letter-spacing: .12em; text-align: center; }
#code { text-transform: uppercase; font-size: 1.25rem; }
#code::placeholder { color: var(--soft); font-weight: 400; opacity: .7; }
.code, .paste { padding: .8rem; border: 1px dashed var(--line); border-radius: 8px; background: var(--bg); }
.paste { margin: 0; font: .9rem/1.5 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; user-select: all; -webkit-user-select: all; }
.wrong { color: var(--bad); }
dl { margin: 0 0 1.4rem; display: grid; grid-template-columns: auto 1fr; gap: .35rem 1rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
footer { max-width: 26rem; margin-top: 1.2rem; color: var(--soft); font-size: .82rem; text-align: center; text-wrap: balance; }
`
