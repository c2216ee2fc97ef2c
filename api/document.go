package api

import (
	"cmp"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"homecoming/internal/problem"
)

func init() { huma.DefaultArrayNullable = false } // lists are never null here

const about = `Everything that the pages do, as data.

Send **Authorization: Bearer** with a token from the settings page. Errors are application/problem+json with a stable *code*; decide by it.
Money is minor units with a currency, times are RFC 3339, days are YYYY-MM-DD in the company's zone. Lists take *limit* and *cursor*.
Every POST takes an **Idempotency-Key**: sent again with the same key and input, it is not done again, and the first answer comes back
with the header *Idempotent-Replayed*. Keys are kept for a day.`

// newDocument begins the OpenAPI document, 3.1 and nothing older, to which every endpoint adds itself.
func newDocument(engine *gin.Engine, cfg Config) huma.API {
	doc := &huma.OpenAPI{OpenAPI: "3.1.0", Info: &huma.Info{Title: "Homecoming", Version: cmp.Or(cfg.Version, "development"), Description: about},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"token":   {Type: "http", Scheme: "bearer", Description: "A token of the settings page or of `homecoming token create`"},
				"session": {Type: "apiKey", In: "cookie", Name: "homecoming", Description: "What the pages use"},
			},
			Parameters: map[string]*huma.Param{"IdempotencyKey": {Name: "Idempotency-Key", In: "header", Schema: keySchema(),
				Description: "Sent again with the same key and input, the request is not done again", Example: "1f0e9c1a-6a51-4a0e-9d0c-2f3a3d1f8f11"}},
		},
		Security: []map[string][]string{{"token": {}}, {"session": {}}},
	}
	if cfg.BaseURL != "" {
		doc.Servers = []*huma.Server{{URL: cfg.BaseURL}}
	}
	doc.Extensions = map[string]any{"x-problems": problems()}
	documentCalls(doc)
	return humagin.New(engine, huma.Config{OpenAPI: doc, Formats: huma.DefaultFormats, DefaultFormat: "application/json"})
}

func keySchema() *huma.Schema {
	most := 255
	return &huma.Schema{Type: huma.TypeString, MaxLength: &most}
}

// problems lists every code with its status and sentence.
func problems() []map[string]any {
	var all []map[string]any
	for _, p := range problem.All() {
		all = append(all, map[string]any{"code": p.Code, "status": statusOf(p), "en": p.In(problem.English), "ja": p.In(problem.Japanese)})
	}
	return all
}

func (s *Server) openapi(c *gin.Context) {
	c.Data(http.StatusOK, "application/openapi+json", s.document)
}
