package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"homecoming/market"
)

// A document is what the tests read of the OpenAPI document.
type document struct {
	OpenAPI    string                          `json:"openapi"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	RequestBody struct {
		Required bool                               `json:"required"`
		Content  map[string]struct{ Schema schema } `json:"content"`
	} `json:"requestBody"`
	Parameters []struct{ Name, In string } `json:"parameters"`
	Responses  map[string]any              `json:"responses"`
	Security   []map[string][]string       `json:"security"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Format     string            `json:"format"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
	OneOf      []schema          `json:"oneOf"`
	Enum       []any             `json:"enum"`
}

func (w *world) document() document {
	w.Helper()
	var d document
	w.Check(json.Unmarshal(w.as(nobody, "GET", "/api/v1/openapi.json", nil).wants(http.StatusOK).Body.Bytes(), &d))
	return d
}

// resolve follows a reference.
func (d document) resolve(s schema) schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.Components.Schemas[name]
	}
	return s
}

// sample is a body that the schema takes: what is required, and nothing more. Every id in it is the one given.
func (d document) sample(s schema, id, day string) any {
	s = d.resolve(s)
	if len(s.OneOf) > 0 {
		return d.sample(s.OneOf[0], id, day)
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	switch s.Type {
	case "object":
		o := tree{}
		for _, name := range s.Required {
			o[name] = d.sample(s.Properties[name], id, day)
		}
		return o
	case "array":
		return []any{d.sample(*s.Items, id, day)}
	case "integer", "number":
		return 300_000
	case "boolean":
		return true
	}
	switch s.Format {
	case "uuid":
		return id
	case "date":
		return day
	case "date-time":
		return day + "T09:00:00+09:00"
	}
	return "bookkeeping"
}

// body is a sample for one operation; nil when it takes none.
func (d document) body(method, path, id, day string) any {
	content := d.Paths[path][strings.ToLower(method)].RequestBody.Content
	if s, ok := content["application/json"]; ok {
		return d.sample(s.Schema, id, day)
	}
	if d.file(method, path) != "" {
		return people
	}
	return nil
}

// file is the media type of the file that an operation takes; empty when it takes none.
func (d document) file(method, path string) string {
	for _, media := range []string{"text/csv", "application/octet-stream"} {
		if _, ok := d.Paths[path][strings.ToLower(method)].RequestBody.Content[media]; ok {
			return media
		}
	}
	return ""
}

func TestTheDocumentListsExactlyTheRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.document()
	if d.OpenAPI != "3.1.0" {
		t.Errorf("the document is of OpenAPI %s", d.OpenAPI)
	}
	var documented []string
	for path, operations := range d.Paths {
		for method, op := range operations {
			documented = append(documented, strings.ToUpper(method)+" "+path)
			if op.Responses["default"] == nil {
				t.Errorf("%s %s does not say what an error looks like", method, path)
			}
		}
	}
	want := w.server.Documented()
	slices.Sort(documented)
	slices.Sort(want)
	if !slices.Equal(documented, want) {
		t.Errorf("the document lists\n%v\nand the table\n%v", documented, want)
	}
	if len(d.Components.Schemas["Problem"].Properties) < 8 {
		t.Error("the document does not describe problems")
	}
}

func TestEveryRouteOfTheEngineStandsInTheTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var listed []string
	for _, r := range w.server.Routes() {
		listed = append(listed, r.Method+" "+r.Pattern())
	}
	for noun, at := range market.WebhookSubjects { // where calls of webhooks lead
		if !slices.Contains(listed, "GET /api/v1"+at+":id") {
			t.Errorf("no route tells more of a %s", noun)
		}
	}
	for _, r := range w.server.EngineRoutes() {
		if !slices.Contains(listed, r) {
			t.Errorf("%s is in no table", r)
		}
	}
	w.server.Unlisted("/forgotten")
	w.as(nobody, "GET", "/forgotten", nil).wants(http.StatusInternalServerError)
}
