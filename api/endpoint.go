package api

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// Limits of bodies, in bytes.
const (
	smallBody = 1 << 20
	fileBody  = 16 << 20
	longBody  = 34 << 20 // an HR file of 32 MB with what a form puts around it
)

// An endpoint is a line of the table: a route and what answers it.
type endpoint struct {
	access.Route
	summary string
	media   string // what a body has to be; empty is JSON
	most    int64  // bytes of a body; 0 is smallBody
	secret  bool   // its answer is shown once and never kept
	again   bool   // its use case may be asked again at any time; only a 201 is an answer to keep
	reads   bool   // changes nothing, though it is a POST
	success int    // the status of an answer; 0 is 200, or 204 without a body

	register func(huma.API, huma.Operation) // nil for a route that is no part of the document
}

func get[I, O any](path string, needs market.Action, handle func(context.Context, *I) (*O, error), summary string) endpoint {
	return operation(http.MethodGet, path, needs, handle, summary)
}

func post[I, O any](path string, needs market.Action, handle func(context.Context, *I) (*O, error), summary string) endpoint {
	return operation(http.MethodPost, path, needs, handle, summary)
}

func put[I, O any](path string, needs market.Action, handle func(context.Context, *I) (*O, error), summary string) endpoint {
	return operation(http.MethodPut, path, needs, handle, summary)
}

func patch[I, O any](path string, needs market.Action, handle func(context.Context, *I) (*O, error), summary string) endpoint {
	return operation(http.MethodPatch, path, needs, handle, summary)
}

func remove[I, O any](path string, needs market.Action, handle func(context.Context, *I) (*O, error), summary string) endpoint {
	return operation(http.MethodDelete, path, needs, handle, summary)
}

func operation[I, O any](method, path string, needs market.Action, handle func(context.Context, *I) (*O, error), summary string) endpoint {
	e := endpoint{Route: access.Route{Method: method, Path: prefix + path, Needs: needs}, summary: summary,
		register: func(api huma.API, op huma.Operation) { huma.Register(api, op, handle) }}
	if answer, ok := any(new(O)).(interface{ success() int }); ok {
		e.success = answer.success()
	}
	return e
}

// plain is a route outside the document.
func plain(method, path string, handle gin.HandlerFunc) endpoint {
	return endpoint{Route: access.Route{Method: method, Path: path, Needs: access.Anybody, Handle: handle}}
}

// limited counts the tries of an address.
func limited(e endpoint) endpoint {
	e.Limited = true
	return e
}

// quiet writes down nowhere who asked. A key cannot make it safe to repeat, because keys are kept with their person.
func quiet(lines ...endpoint) []endpoint {
	for i := range lines {
		lines[i].Quiet = true
	}
	return lines
}

// once marks an answer that is shown once, such as a token.
func once(e endpoint) endpoint {
	e.secret = true
	return e
}

// reading marks a POST that changes nothing: it takes no scope to write.
func reading(e endpoint) endpoint {
	e.reads = true
	return e
}

// scoped says which scope opens each of these lines to a token: the subject's, or "me" for what is about the person.
func scoped(subject string, lines ...endpoint) []endpoint {
	for i, e := range lines {
		of := subject
		if strings.HasPrefix(e.Path, prefix+"/me") {
			of = "me"
		}
		lines[i].Own = e.Own || strings.HasPrefix(e.Path, prefix+"/me/") || strings.HasPrefix(e.Path, prefix+"/saved-searches")
		lines[i].Scope = market.Writing(of)
		if e.Method == http.MethodGet || e.reads {
			lines[i].Scope = market.Reading(of)
		}
	}
	return lines
}

// own closes lines to whom a company's provider vouched for: they are the person's own affair.
func own(lines ...endpoint) []endpoint {
	for i := range lines {
		lines[i].Own = true
	}
	return lines
}

// repeatable marks a use case that finds by itself what it did before. An answer such as "not known yet" is not kept.
func repeatable(e endpoint) endpoint {
	e.again = true
	return e
}

// upload takes a file of a media type and works on it later.
func upload(e endpoint, media string) endpoint { return later(taking(e, media)) }

// taking takes a file of a media type.
func taking(e endpoint, media string) endpoint {
	e.media, e.most = media, fileBody
	return e
}

// long takes a file as long as an HR file may be.
func long(e endpoint) endpoint {
	e.most, e.Long = longBody, true
	return e
}

// later marks work that is only begun by the time of the answer.
func later(e endpoint) endpoint {
	e.success = http.StatusAccepted
	return e
}

// mount puts the line into gin, and into the document where it belongs there.
func (e endpoint) mount(engine *gin.Engine, api huma.API) {
	if e.register == nil {
		engine.Handle(e.Method, e.Pattern(), e.Handle)
		return
	}
	// The body has been read by now. A deadline on reading, huma's own 5 s, would cut the handler's context off as well.
	op := huma.Operation{Method: e.Method, Path: e.Path, OperationID: operationID(e.Method, e.Path), Summary: e.summary,
		Tags: []string{resource(e.Path)}, MaxBodyBytes: max(e.most, fileBody) + 1, BodyReadTimeout: -1, RejectUnknownQueryParameters: true, DefaultStatus: e.success}
	if e.Needs == access.Anybody {
		op.Security = []map[string][]string{}
	}
	if e.Needs != access.Anybody {
		scope := string(cmp.Or(e.Scope, market.Everything))
		op.Security = []map[string][]string{{"token": {scope}}, {"session": {}}}
		op.Description = "A token needs the scope " + scope + "."
	}
	if e.Needs != access.Anybody && e.Needs != access.SignedIn {
		op.Description = "Needs one of the roles: " + roles(e.Needs) + ", or a role of the company's own that allows " + string(e.Needs) + ". " + op.Description
	}
	if e.Method == http.MethodPost && !e.Quiet {
		op.Parameters = append(op.Parameters, &huma.Param{Ref: "#/components/parameters/IdempotencyKey"})
	}
	e.register(api, op)
}

func roles(a market.Action) string {
	var names []string
	for _, r := range market.RolesFor(a) {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// operationID is made of the method and the path: post-tasks-id-publish.
func operationID(method, path string) string {
	path = strings.TrimPrefix(path, prefix+"/")
	return strings.ToLower(method) + "-" + strings.NewReplacer("/", "-", "{", "", "}", "", ".", "-").Replace(path)
}

// resource is the noun that a path is about.
func resource(path string) string {
	noun, _, _ := strings.Cut(strings.TrimPrefix(path, prefix+"/"), "/")
	return noun
}

// What most handlers take and give.
type (
	nothing struct{}
	// OfID is the id in a path.
	OfID struct {
		ID uuid.UUID `path:"id" format:"uuid"`
	}
	act struct { // a POST that needs no more than its address
		OfID
		Body *nothing
	}
	out[T any]  struct{ Body T }
	made[T any] struct {
		Location string `header:"Location" doc:"Where it is from now on"`
		Body     T
	}
	list[T any] struct {
		Items      []T     `json:"items"`
		NextCursor *string `json:"next_cursor" doc:"Ask again with this as cursor; null at the end"`
	}
)

// answer wraps what a use case gave.
func answer[T any](v T, err error) (*out[T], error) {
	if err != nil {
		return nil, err
	}
	return &out[T]{v}, nil
}

// created is an answer with 201 and the place of what was made.
func created[T any](where string, v T) *made[T] {
	return &made[T]{Location: prefix + where, Body: v}
}

func (made[T]) success() int { return http.StatusCreated }
