package api_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

func TestBadInputIsRefusedByFieldAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.Company("Aoi")
	ben := w.Company("Ben")
	yesterday := w.Today().AddDays(-1).String()
	for name, c := range map[string]struct {
		body        any
		status      int
		code, field string
	}{
		"negative money":         {draft(aoi.ID, tree{"budget": tree{"amount": -5, "currency": "JPY"}}), 422, "amount_not_positive", "budget"},
		"money as text":          {draft(aoi.ID, tree{"budget": tree{"amount": "300000", "currency": "JPY"}}), 422, "wrong_shape", "budget"},
		"half a yen":             {draft(aoi.ID, tree{"budget": 0.5}), 422, "wrong_shape", "budget"},
		"too much money":         {draft(aoi.ID, tree{"budget": 1e15}), 422, "amount_too_large", "budget"},
		"money beyond numbers":   {strings.Replace(`{"company_id":"ID","title":"T","skills":[{"skill":"x"}],"budget":1e300}`, "ID", aoi.ID.String(), 1), 422, "wrong_shape", ""},
		"another currency":       {draft(aoi.ID, tree{"budget": tree{"amount": 5, "currency": "USD"}}), 422, "wrong_currency", "budget.currency"},
		"a past day":             {draft(aoi.ID, tree{"due_on": yesterday}), 422, "past_date", "due_on"},
		"no day":                 {draft(aoi.ID, tree{"due_on": "soon"}), 422, "wrong_shape", "due_on"},
		"no title":               {draft(aoi.ID, tree{"title": nil}), 422, "required", "title"},
		"a blank title":          {draft(aoi.ID, tree{"title": "  "}), 422, "required", "title"},
		"a title as number":      {draft(aoi.ID, tree{"title": 5}), 422, "wrong_shape", "title"},
		"no skills":              {draft(aoi.ID, tree{"skills": []any{}}), 422, "required", "skills"},
		"a level too high":       {draft(aoi.ID, tree{"skills": []tree{{"skill": "x", "level": 9}}}), 422, "wrong_shape", "skills[0].level"},
		"an unknown kind":        {draft(aoi.ID, tree{"skills": []tree{{"skill": "x", "kind": "maybe"}}}), 422, "wrong_shape", "skills[0].kind"},
		"an unknown field":       {draft(aoi.ID, tree{"colour": "blue"}), 422, "unknown_field", "colour"},
		"a field misspelt":       {draft(aoi.ID, tree{"Title": "x"}), 422, "unknown_field", "Title"},
		"a foreign member":       {draft(aoi.ID, tree{"visibility": tree{"kind": "named", "membership_ids": []any{uuid.New()}}}), 422, "unknown_member", "visibility.membership_ids[0]"},
		"another's company":      {draft(ben.ID, nil), 404, "not_found", ""},
		"a NUL":                  {draft(aoi.ID, tree{"title": "a\x00b"}), 422, "bad_characters", ""},
		"no JSON":                {"{", 400, "malformed", ""},
		"no object":              {"[]", 422, "wrong_shape", ""},
		"nothing":                {"", 400, "body_missing", ""},
		"two objects":            {"{}{}", 400, "malformed", ""},
		"a body without measure": {`{"title":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "body_too_large", ""},
	} {
		got := w.as(aoi.Manager, "POST", "/api/v1/tasks", c.body)
		if p := got.problem(); p.Status != c.status || p.Code != c.code || p.Field != c.field {
			t.Errorf("%s: answered %d %q on %q: %.300s", name, p.Status, p.Code, p.Field, got.Body)
		}
	}
	if n := w.Count("SELECT count(*) FROM tasks") + w.Count("SELECT count(*) FROM skills WHERE company_id IS NOT NULL"); n != 0 {
		t.Errorf("%d rows were written all the same", n)
	}
	w.as(aoi.Manager, "POST", "/api/v1/tasks", draft(aoi.ID, tree{"budget": nil, "due_on": nil})).wants(http.StatusCreated)
}

func TestWhatIsNoRequestOfOursIsRefusedInOneShape(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	w.as(nobody, "GET", "/api/v1/nowhere", nil).refuses(http.StatusNotFound, "not_found", "")
	w.as(aoi.Manager, "DELETE", "/api/v1/me", nil).refuses(http.StatusMethodNotAllowed, "method_not_allowed", "")
	w.as(aoi.Manager, "POST", "/api/v1/tasks", "a=b", "Content-Type: application/x-www-form-urlencoded").refuses(http.StatusUnsupportedMediaType, "wrong_media_type", "")
	w.as(aoi.Manager, "GET", "/api/v1/tasks?colour=blue", nil).refuses(http.StatusUnprocessableEntity, "unknown_parameter", "colour")
	w.as(aoi.Manager, "GET", "/api/v1/tasks?limit=1000", nil).refuses(http.StatusUnprocessableEntity, "wrong_shape", "limit")
	w.as(aoi.Manager, "GET", "/api/v1/tasks?limit=many", nil).refuses(http.StatusUnprocessableEntity, "wrong_shape", "limit")
	w.as(nobody, "GET", "/api/v1/me", nil, "Authorization: Bearer hc_nothing").refuses(http.StatusUnauthorized, "invalid_token", "")
	w.as(nobody, "GET", "/api/v1/me", nil, "Authorization: Basic YTpi").refuses(http.StatusUnauthorized, "invalid_token", "")
	if got := w.as(nobody, "GET", "/api/v1/me", nil).Header().Get("WWW-Authenticate"); got == "" {
		t.Error("nobody says how to sign in")
	}
}

func TestAProblemIsToldInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi") // its people read Japanese unless the request says otherwise
	for header, want := range map[string]string{"X-Nothing: 1": "権限がありません", "Accept-Language: en-GB": "Not allowed", "Accept-Language: fr, ja;q=0.5": "権限がありません"} {
		if p := w.as(aoi.Finance, "POST", "/api/v1/tasks", draft(aoi.ID, nil), header).problem(); p.Title != want {
			t.Errorf("%s reads %q", header, p.Title)
		}
	}
}

func TestPasswordsAreNeverRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	const secret = "swordfish-in-the-wrong-place"
	for _, body := range []any{tree{"email": aoi.Manager.Email, "password": strings.Repeat(secret, 50)}, tree{"email": aoi.Manager.Email, "password": secret, secret: true},
		`{"email":"` + secret + `","password":["` + secret + `"]}`, `{"password":"` + secret} {
		got := w.as(nobody, "POST", "/api/v1/session", body)
		if p := got.problem(); strings.Contains(got.Body.String(), secret) && p.Code != "unknown_field" {
			t.Errorf("the answer repeats it: %s", got.Body)
		}
	}
	if strings.Contains(w.logs.String(), secret) {
		t.Error("the log repeats it")
	}
}

// columns are names that only the program itself may write.
var columns = []string{"id", "company_id", "person_id", "membership_id", "state", "number", "created_by", "created_at", "updated_at", "published_at", "password_hash",
	"role", "roles", "grants", "accepted_at", "platform_fee_bp", "currency", "evidence", "hash", "expires_at", "offered_by", "shortlisted", "archived", "hidden", "email", "frozen", "charge"}

func TestNobodyWritesAColumnThatIsNoInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.tenant("Aoi")
	doc, day := w.document(), w.Today().AddDays(5).String()
	tried := 0
	for _, r := range apiRoutes(w) {
		op := doc.Paths[r.Path][strings.ToLower(r.Method)]
		content, ok := op.RequestBody.Content["application/json"]
		body, isObject := doc.body(r.Method, r.Path, aoi.ID.String(), day).(tree)
		if !ok || !isObject {
			continue
		}
		who := aoi.asker(w, r)
		for _, column := range columns {
			if _, known := doc.resolve(content.Schema).Properties[column]; known {
				continue
			}
			body[column] = "x"
			got := w.as(who, r.Method, aoi.path(t, r.Path), body)
			delete(body, column)
			if tried++; got.Code != http.StatusUnprocessableEntity && got.Code != http.StatusTooManyRequests {
				t.Errorf("%s %s with %s: answered %d %s", r.Method, r.Path, column, got.Code, got.Body)
			}
		}
	}
	if tried < 300 {
		t.Errorf("only %d tries were made", tried)
	}
}

func TestAnImportRunsAsAJobAndRefusesWhatIsNoFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	at := "/api/v1/companies/" + aoi.ID.String() + "/alumni/import"
	run := w.as(aoi.Office, "POST", at+"?dry_run=true", people, "Content-Type: text/csv; charset=utf-8").wants(http.StatusAccepted).object()
	got := w.as(aoi.Office, "GET", "/api/v1/jobs/"+run["id"].(string), nil).wants(http.StatusOK).object()
	if got["state"] != "queued" || got["total"] != 1.0 || got["report"].(tree)["dry_run"] != true {
		t.Errorf("the job is %v", got)
	}
	w.as(aoi.Manager, "GET", "/api/v1/jobs/"+run["id"].(string), nil).refuses(http.StatusForbidden, "forbidden", "")
	w.as(aoi.Office, "POST", at, people).refuses(http.StatusUnsupportedMediaType, "wrong_media_type", "")
	w.as(aoi.Office, "POST", at, strings.Repeat("x", 35<<20), "Content-Type: text/csv").refuses(http.StatusRequestEntityTooLarge, "body_too_large", "")
	if p := w.as(aoi.Office, "POST", at, "colour\nblue\n", "Content-Type: text/csv").problem(); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("a file that is none: %+v", p)
	}
}

// odd are values that somebody may send anywhere.
var odd = []any{nil, "", " ", "x", -1, 0, 1e300, 2.5, true, []any{}, []any{nil}, tree{}, tree{"amount": nil}, "a\x00b", "\u202e", strings.Repeat("長", 6000), "2026-02-30", "0000-00-00", "9999-12-31", uuid.Nil.String()}

func TestNoValueInAnyFieldIsAFaultOfOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.tenant("Aoi")
	doc, day, tried := w.document(), w.Today().AddDays(5).String(), 0
	for _, r := range apiRoutes(w) {
		content := doc.Paths[r.Path][strings.ToLower(r.Method)].RequestBody.Content["application/json"]
		body, isObject := doc.body(r.Method, r.Path, aoi.ID.String(), day).(tree)
		if !isObject {
			continue
		}
		who := aoi.Administrator
		if r.Needs != access.SignedIn && r.Needs != access.Anybody && !slices.Contains(market.RolesFor(r.Needs), market.Administrator) {
			who = aoi.alumna.Actor
		}
		for name := range doc.resolve(content.Schema).Properties {
			good, had := body[name]
			for _, value := range odd {
				body[name] = value
				got := w.as(who, r.Method, aoi.path(t, r.Path), body)
				if tried++; got.Code >= http.StatusInternalServerError {
					t.Errorf("%s %s with %s = %.40v: answered %d %s", r.Method, r.Path, name, value, got.Code, got.Body)
				}
			}
			if body[name] = good; !had {
				delete(body, name)
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d tries were made", tried)
	}
}

func TestNoParameterIsAFaultOfOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.tenant("Aoi")
	for _, r := range apiRoutes(w) {
		if r.Method != http.MethodGet {
			continue
		}
		who := aoi.Administrator
		if r.Needs != access.SignedIn && !slices.Contains(market.RolesFor(r.Needs), market.Administrator) {
			who = aoi.alumna.Actor
		}
		for _, p := range w.document().Paths[r.Path]["get"].Parameters {
			for _, value := range []string{"", "x", "-1", "0", "99999999999999999999", "%00", "%FF", "%E3%81", "2026-02-30", "' OR 1=1", strings.Repeat("x", 5000), "AAAA", "!!!"} {
				got := w.as(who, "GET", aoi.path(t, r.Path)+"?"+p.Name+"="+strings.ReplaceAll(value, " ", "+"), nil)
				if p.In == "query" && got.Code >= http.StatusInternalServerError {
					t.Errorf("%s?%s=%.40s: answered %d %s", r.Path, p.Name, value, got.Code, got.Body)
				}
			}
		}
	}
}

// A patient connection notes until when it is to be read.
type patient struct {
	*httptest.ResponseRecorder
	asked []time.Time
}

func (p *patient) SetReadDeadline(t time.Time) error {
	p.asked = append(p.asked, t)
	return nil
}

func TestNoDeadlineForReadingCutsOffAHandlerThatTakesItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	r := httptest.NewRequest(http.MethodPost, "/api/v1/tasks", strings.NewReader(`{"company_id":"`+aoi.ID.String()+`","title":"T","skills":[{"skill":"x"}]}`))
	r.Header.Set("Authorization", "Bearer "+w.token(aoi.Manager))
	c := &patient{ResponseRecorder: httptest.NewRecorder()}
	w.server.ServeHTTP(c, r)
	if c.Code != http.StatusCreated || len(c.asked) == 0 {
		t.Fatalf("answered %d; the connection was asked %v", c.Code, c.asked)
	}
	for _, deadline := range c.asked {
		if !deadline.IsZero() {
			t.Errorf("the connection is read until %v only", deadline)
		}
	}
}
