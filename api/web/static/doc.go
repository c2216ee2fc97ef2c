// Package static holds the pages' stylesheet, script and icon, and serves them under names that change with their
// content, so that browsers may keep them for a year.
//
// It holds no templates (package ui and package web) and nothing from anybody else: the pages load no third party.
//
// Three things to know:
//
//   - tokens.css comes first and is the only place with colours and sizes; base.css is bare elements and the frame;
//     parts.css is the components. They are served as one file.
//   - app.js is all of the script, with passkey.js where browsers make and use passkeys and copy.js where something is copied; every page works without them.
//   - A test holds the tokens' colours to the contrast that WCAG 2.2 AA asks for, in light and dark.
package static
