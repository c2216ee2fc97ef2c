package provisioning_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/api/provisioning"
	"homecoming/market/markettest"
)

// A client is a staff directory that writes to a company.
type client struct {
	*markettest.World
	*markettest.Company
	t      testing.TB
	server http.Handler
	secret string
}

func newClient(t testing.TB) *client {
	t.Helper()
	w := markettest.New(t)
	c := &client{World: w, Company: w.Company("Aoi"), t: t}
	w.Exec("INSERT INTO company_domains (id, company_id, domain, asked_at, proved_at) VALUES (?, ?, 'aoi.test', now(), now())", uuid.New(), c.ID)
	var err error
	c.secret, err = w.Market.ConnectDirectory(context.Background(), c.Administrator, c.ID)
	w.Check(err)
	c.server, err = provisioning.New(w.Market, "https://home.test", slog.New(slog.DiscardHandler))
	w.Check(err)
	return c
}

// asks sends a request and reads the answer, which must have the status.
func (c *client) asks(method, path, body string, status int) map[string]any {
	c.t.Helper()
	r := httptest.NewRequest(method, provisioning.Path+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+c.secret)
	r.Header.Set("Content-Type", "application/scim+json")
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, r)
	if w.Code != status {
		c.t.Fatalf("%s %s: %d instead of %d: %s", method, path, w.Code, status, w.Body)
	}
	if w.Body.Len() == 0 {
		return nil
	}
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		c.t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
	}
	return answer
}

func (c *client) roles(address string) string {
	var all []string
	c.Check(c.DB.Gorm(context.Background()).Raw("SELECT g.role FROM role_grants g JOIN people p ON p.id = g.person_id WHERE g.company_id = ? AND p.email = ? ORDER BY 1", c.ID, address).Scan(&all).Error)
	return fmt.Sprint(all)
}

const patchOp = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[%s]}`

// TestEntraComesAllTheWay plays what Microsoft Entra sends, in its own manner: a question before each write, words for truths,
// capitals in names of operations, attributes that nobody asked for.
func TestEntraComesAllTheWay(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	asked := c.asks("GET", "/Users?filter="+url.QueryEscape(`userName eq "yuki@aoi.test"`), "", 200)
	if asked["totalResults"] != 0.0 {
		t.Fatal(asked)
	}
	user := c.asks("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
		"externalId":"0a21f0f2","userName":"yuki@aoi.test","active":"True","displayName":"Yuki Mori","emails":[{"primary":true,"type":"work","value":"Yuki@aoi.test"}],
		"name":{"formatted":"Yuki Mori","familyName":"森","givenName":"雪"},"title":"Buyer","phoneNumbers":[{"type":"work","value":"+81 3 0000 0000"}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Purchasing"}}`, 201)
	id := user["id"].(string)
	if user["active"] != true || user["externalId"] != "0a21f0f2" || user["meta"].(map[string]any)["location"] != "https://home.test/scim/v2/Users/"+id {
		t.Errorf("%v", user)
	}
	if got := c.roles("yuki@aoi.test"); got != "[staff]" {
		t.Error(got)
	}
	if again := c.asks("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"YUKI@aoi.test"}`, 409); again["scimType"] != "uniqueness" {
		t.Error(again)
	}
	group := c.asks("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"g-1","displayName":"Homecoming managers"}`, 201)
	team := group["id"].(string)
	of, err := uuid.Parse(team)
	c.Check(err)
	_, err = c.Market.MapGroup(context.Background(), c.Administrator, c.ID, of, "manager")
	c.Check(err)
	c.asks("PATCH", "/Groups/"+team, fmt.Sprintf(patchOp, `{"op":"Add","path":"members","value":[{"$ref":null,"value":"`+id+`"}]}`), 200)
	if got := c.roles("yuki@aoi.test"); got != "[manager staff]" {
		t.Error(got)
	}
	if bare := c.asks("GET", "/Groups/"+team+"?excludedAttributes=members", "", 200); bare["members"] != nil {
		t.Errorf("members that nobody wants: %v", bare)
	}
	c.asks("PATCH", "/Groups/"+team, fmt.Sprintf(patchOp, `{"op":"Remove","path":"members","value":[{"value":"`+id+`"}]}`), 200)
	if got := c.roles("yuki@aoi.test"); got != "[staff]" {
		t.Error(got)
	}
	changed := c.asks("PATCH", "/Users/"+id, fmt.Sprintf(patchOp, `{"op":"Replace","path":"emails[type eq \"work\"].value","value":"yuki.mori@aoi.test"},
		{"op":"Replace","path":"name.familyName","value":"林"},{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Sales"},
		{"op":"Replace","path":"active","value":"False"}`), 200)
	if changed["active"] != false || changed["name"].(map[string]any)["familyName"] != "林" {
		t.Errorf("%v", changed)
	}
	if got := c.roles("yuki@aoi.test"); got != "[]" {
		t.Errorf("switched off with %s", got)
	}
	c.asks("DELETE", "/Users/"+id, "", 204)
	c.asks("GET", "/Users/"+id, "", 404)
}

// TestOktaComesAllTheWay plays what Okta sends: no path but a value, PUT, and a filter in a path.
func TestOktaComesAllTheWay(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	user := func(name string) string {
		return c.asks("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"`+name+`@aoi.test","name":{"givenName":"Test","familyName":"User"},
			"emails":[{"primary":true,"value":"`+name+`@aoi.test","type":"work"}],"groups":[],"active":true}`, 201)["id"].(string)
	}
	a, b := user("a"), user("b")
	group := c.asks("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Finance","members":[{"value":"`+a+`","display":"a"}]}`, 201)
	team := group["id"].(string)
	of, err := uuid.Parse(team)
	c.Check(err)
	_, err = c.Market.MapGroup(context.Background(), c.Administrator, c.ID, of, "finance")
	c.Check(err)
	c.asks("PATCH", "/Groups/"+team, fmt.Sprintf(patchOp, `{"op":"remove","path":"members[value eq \"`+a+`\"]"},{"op":"add","path":"members","value":[{"value":"`+b+`"}]}`), 200)
	if c.roles("a@aoi.test") != "[staff]" || c.roles("b@aoi.test") != "[finance staff]" {
		t.Errorf("%s, %s", c.roles("a@aoi.test"), c.roles("b@aoi.test"))
	}
	c.asks("PATCH", "/Groups/"+team, fmt.Sprintf(patchOp, `{"op":"replace","value":{"id":"`+team+`","displayName":"Finance people"}}`), 200)
	found := c.asks("GET", "/Groups?filter="+url.QueryEscape(`displayName eq "finance PEOPLE"`), "", 200)
	if found["totalResults"] != 1.0 {
		t.Errorf("%v", found)
	}
	c.asks("PUT", "/Users/"+b, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"`+b+`","userName":"b@aoi.test","name":{"givenName":"Another","familyName":"User"},
		"emails":[{"primary":true,"value":"b@aoi.test","type":"work"}],"meta":{"resourceType":"User"}}`, 200)
	if got := c.roles("b@aoi.test"); got != "[finance staff]" {
		t.Errorf("a change of name took %s", got)
	}
	c.asks("PATCH", "/Users/"+b, fmt.Sprintf(patchOp, `{"op":"replace","value":{"active":false}}`), 200)
	if got := c.roles("b@aoi.test"); got != "[]" {
		t.Error(got)
	}
	if in := c.asks("GET", "/Users/"+b, "", 200)["groups"].([]any); len(in) != 1 {
		t.Errorf("%v", in)
	}
	c.asks("DELETE", "/Groups/"+team, "", 204)
}

func TestListsArePagedAndFiltered(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for i := range 5 {
		c.asks("POST", "/Users", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"p%d@aoi.test","active":%t}`, i, i%2 == 0), 201)
	}
	for query, want := range map[string][2]int{
		"":                     {5, 5},
		"count=2":              {5, 2},
		"count=2&startIndex=5": {5, 1},
		"count=0":              {5, 0},
		"filter=" + url.QueryEscape(`active eq true`):                               {3, 3},
		"filter=" + url.QueryEscape(`active eq true and userName sw "p4"`):          {1, 1},
		"count=1&filter=" + url.QueryEscape(`active eq true`):                       {3, 1},
		"filter=" + url.QueryEscape(`emails[value eq "P1@aoi.test"]`):               {1, 1},
		"filter=" + url.QueryEscape(`emails.value eq "p1@aoi.test"`):                {1, 1},
		"filter=" + url.QueryEscape(`externalId eq "nobody"`):                       {0, 0},
		"filter=" + url.QueryEscape(`id eq "00000000-0000-0000-0000-000000000000"`): {0, 0},
		"filter=" + url.QueryEscape(`displayName eq "p1@aoi.test"`):                 {0, 0},
	} {
		got := c.asks("GET", "/Users?"+query, "", 200)
		if here := got["Resources"].([]any); got["totalResults"] != float64(want[0]) || len(here) != want[1] {
			t.Errorf("%q: %v of %v instead of %v", query, len(here), got["totalResults"], want)
		}
	}
	c.asks("GET", "/Users?filter="+url.QueryEscape(`userName eq`), "", 400)
}

// TestADirectoryIsToldWhatIsWrong has every refusal in the protocol's shape, naming the attribute, with nothing written.
func TestADirectoryIsToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	const user = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],`
	for body, want := range map[string]string{
		user + `"userName":"x","emails":[{"value":"x@elsewhere.test"}]}`: "emails: “x@elsewhere.test” is of no domain",
		user + `"userName":"no address"}`:                                "emails: ",
		user + `"userName":"` + strings.Repeat("x", 501) + `@aoi.test"}`: "userName: ",
		user + `"displayName":"nobody"}`:                                 "",
		`{"schemas":[`:                                                   "",
		``:                                                               "",
	} {
		got := c.asks("POST", "/Users", body, 400)
		if detail, _ := got["detail"].(string); !strings.Contains(detail, want) || got["status"] != "400" {
			t.Errorf("%.60s: %v", body, got)
		}
	}
	c.asks("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"x","members":[{"value":"nobody"}]}`, 400)
	c.asks("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"x","members":[{"value":"`+uuid.NewString()+`"}]}`, 400)
	c.asks("GET", "/Users/nobody", "", 404)
	c.asks("GET", "/Me", "", 501)
	if n := c.Count("SELECT (SELECT count(*) FROM provisioned_accounts) + (SELECT count(*) FROM provisioned_groups)"); n != 0 {
		t.Errorf("%d things were written", n)
	}
	admin := c.asks("POST", "/Users", user+`"userName":"boss","emails":[{"value":"`+c.Administrator.Email+`"}]}`, 201)
	if last := c.asks("DELETE", "/Users/"+admin["id"].(string), "", 409); !strings.Contains(last["detail"].(string), "last administrator") {
		t.Error(last)
	}
	for _, secret := range []string{"", "hc_token", "hcd_wrong"} {
		c.secret = secret
		c.asks("GET", "/Users", "", 401)
	}
}

func TestADirectoryReadsWhatIsSpokenHere(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	if spoken := c.asks("GET", "/ServiceProviderConfig", "", 200); spoken["patch"].(map[string]any)["supported"] != true || spoken["filter"].(map[string]any)["supported"] != true {
		t.Error(spoken)
	}
	if types := c.asks("GET", "/ResourceTypes", "", 200); types["totalResults"] != 2.0 {
		t.Error(types)
	}
	c.asks("GET", "/Schemas", "", 200)
	c.asks("GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "", 200)
}

// FuzzWhatADirectorySends has anything answered with less than 500, and nobody have a role whom no account stands for.
func FuzzWhatADirectorySends(f *testing.F) {
	for _, seed := range []string{`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a@aoi.test","active":"true"}`, `{"active":{}}`, "{\"userName\":\"\\u0000\xff@aoi.test\"}",
		fmt.Sprintf(patchOp, `{"op":"replace","path":"active","value":"no"},{"op":"add","path":"emails[type eq \"home\"]","value":{"value":"b@aoi.test"}}`),
		fmt.Sprintf(patchOp, `{"op":"remove","path":"members[value eq 1]"}`), fmt.Sprintf(patchOp, `{"op":"remove","path":"name"}`), `[]`, `{"Operations":[1,null]}`} {
		f.Add("PATCH", seed)
		f.Add("POST", seed)
		f.Add("PUT", seed)
	}
	c := newClient(f)
	user := "/Users/" + c.asks("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"first@aoi.test"}`, 201)["id"].(string)
	group := "/Groups/" + c.asks("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"first"}`, 201)["id"].(string)
	f.Fuzz(func(t *testing.T, method, body string) {
		if method != "PATCH" && method != "POST" && method != "PUT" {
			return
		}
		for _, path := range []string{"/Users", user, "/Groups", group} {
			r := httptest.NewRequest(method, provisioning.Path+path, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+c.secret)
			w := httptest.NewRecorder()
			c.server.ServeHTTP(w, r)
			if w.Code >= 500 && w.Code != http.StatusNotImplemented {
				t.Fatalf("%s %s %q: %d %s", method, path, body, w.Code, w.Body)
			}
		}
	})
}
