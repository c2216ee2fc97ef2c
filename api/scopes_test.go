package api_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

func TestATokenOpensTheRoutesOfItsScopesAndNoOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc := w.document()
	for _, r := range apiRoutes(w) {
		if r.Needs == access.Anybody {
			continue
		}
		name, needed := r.Method+" "+r.Path, r.Scope
		if needed == "" {
			needed = market.Everything
		}
		for _, scope := range market.Scopes {
			opens := scope == market.Everything || scope == needed || scope == market.Writing(strings.TrimSuffix(string(needed), ":read"))
			who := market.Actor{PersonID: uuid.New(), Scopes: []market.Scope{scope}}
			if refused := market.ErrScope.Is(r.Admit(who)); refused == opens {
				t.Errorf("%s with %s: refused %v", name, scope, refused)
			}
		}
		said := doc.Paths[r.Path][strings.ToLower(r.Method)].Security
		if len(said) != 2 || !slices.Equal(said[0]["token"], []string{string(needed)}) {
			t.Errorf("%s: the document says %v, and it needs %s", name, said, needed)
		}
		if r.Method == http.MethodGet && r.Scope != "" && !strings.HasSuffix(string(r.Scope), ":read") {
			t.Errorf("%s needs %s to look", name, r.Scope)
		}
	}
}

func TestANarrowTokenIsToldWhichScopeItLacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	raw, _, err := w.Market.MintToken(context.Background(), aoi.Administrator, "people", nil, []market.Scope{market.Reading("people")})
	w.Check(err)
	company := "/api/v1/companies/" + aoi.ID.String()
	as := func(method, path string, body any) answer {
		return w.as(nobody, method, path, body, "Authorization: Bearer "+raw)
	}
	as("GET", company+"/alumni", nil).wants(http.StatusOK)
	as("PATCH", company, tree{"name": "Ao"}).refuses(http.StatusForbidden, "scope_missing", "")
	as("POST", "/api/v1/tokens", tree{"name": "more"}).refuses(http.StatusForbidden, "scope_missing", "")
	made := w.as(aoi.Manager, "POST", "/api/v1/tokens", tree{"name": "less", "scopes": []string{"tasks:read"}}).wants(http.StatusCreated).object()
	if got := made["scopes"].([]any); len(got) != 1 || got[0] != "tasks:read" {
		t.Errorf("the token is good for %v", got)
	}
	w.as(aoi.Manager, "POST", "/api/v1/tokens", tree{"name": "none", "scopes": []string{}}).wants(http.StatusUnprocessableEntity)
}
