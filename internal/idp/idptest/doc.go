// Package idptest runs a real OpenID provider on loopback for tests: zitadel's, with its example storage in memory, a page to
// sign in at, and people who come and go as a test says.
//
// Three things to know: everybody's password is [Password]; [Provider.Down] makes it answer 503 until it is up again; and
// [Provider.Walk] is a browser that signs somebody in and stops where the provider sends it back.
package idptest
