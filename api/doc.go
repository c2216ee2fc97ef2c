// Package api is the program's HTTP: one table of routes, one file per resource, one place where errors become answers.
//
// Its handlers translate between JSON and the use cases of market, matching and billing, and do nothing else: no rules,
// no SQL. The pages (package web) are mounted beside it and call the same use cases.
//
// Three things to know:
//
//   - routes.go is the table. From it come the registration, the OpenAPI document, the question whether somebody may
//     enter, and the authorisation test. A path that is not in it answers nothing.
//   - What a handler takes and gives is the JSON, as structs of their own in the resource's file; the document at
//     /api/v1/openapi.json is made from them. Unknown fields and parameters are refused.
//   - A handler returns problems of package problem; problem.go shows them. Every other error is a fault of ours: it is
//     logged with its cause, and the reader gets an apology with the request's id.
package api
