// Homecoming is the one program of the marketplace: it serves the API and the pages, works the job queue and has the
// operator's commands. This package only reads configuration and wires the rooms together; it has no rules.
//
// Three things to know:
//
//   - commands in main.go is the table of subcommands; each is one file.
//   - settings in config.go is the table of environment variables, each also readable from a file (NAME_FILE).
//     deploy/env.example is held to it by a test.
//   - [build] in serve.go shows the wiring of the whole program, read top to bottom. dev, serve and work differ only in
//     what they start of it; dev also brings its own PostgreSQL and its own stand-in for Stripe.
package main
