// Package mainjob walks the main job through the JSON API, the way five people with five logins would: post, rank,
// invite, bid, accept, fund, submit, accept, release, pay, reconcile.
//
// The end-to-end test walks it once; the crash campaign walks it while the server is killed under it. It speaks
// HTTP and nothing else, so it also shows a client's author what to do when an answer is lost: send the same request
// with the same Idempotency-Key, and look when told that it was done.
package mainjob
