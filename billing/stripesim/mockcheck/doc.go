// Package mockcheck holds the requests that a test has made against Stripe's own description of its API: it records them on their
// way and replays them to stripe-mock, which refuses unknown and missing parameters and wrong values with status 400.
//
// It is for tests of code that speaks to Stripe. It says nothing about what Stripe would do with a valid request: stripe-mock keeps
// no state and answers from a fixture. That part is the stand-in's (billing/stripesim).
//
// Three things a newcomer must know:
//
//   - stripe-mock is looked for on PATH and in Go's bin directory, and otherwise installed with "go install" at the pinned version.
//     Where that is impossible Start returns an error, and the test should skip with it, once and visibly.
//   - A Recorder remembers the status that the real receiver answered with, so that deliberately wrong requests can be left out.
//   - A Mock is a child process. It ends at Close, and on Linux also when the test process dies.
//
// In a test:
//
//	mock, err := mockcheck.Start()
//	if err != nil {
//		t.Skip("SKIP:", err)
//	}
//	defer mock.Close()
//	recorder := &mockcheck.Recorder{}
//	… use http.Client{Transport: recorder} …
//	mock.Check(t, recorder.Requests())
package mockcheck
