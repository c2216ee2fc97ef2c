package provisioning

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
)

// Path begins the addresses of everything here.
const Path = "/scim/v2"

// Address is what a directory has to be told, where people reach the program at base.
func Address(base string) string { return strings.TrimRight(base, "/") + Path }

// page is the most that one answer lists.
const page = 200

// A Server answers staff directories.
type Server struct {
	market *market.Service
	scim   scim.Server
	log    *slog.Logger
}

// New makes a server that says it is at base, an address without a path.
func New(m *market.Service, base string, log *slog.Logger) (*Server, error) {
	s := &Server{market: m, log: log}
	types := []scim.ResourceType{
		{ID: optional.NewString("User"), Name: "User", Endpoint: "/Users", Description: optional.NewString("Somebody who works at the company"),
			Schema: schema.CoreUserSchema(), SchemaExtensions: []scim.SchemaExtension{{Schema: schema.ExtensionEnterpriseUser()}}, Handler: users{s}},
		{ID: optional.NewString("Group"), Name: "Group", Endpoint: "/Groups", Description: optional.NewString("People who may have a role together"),
			Schema: schema.CoreGroupSchema(), Handler: groups{s}},
	}
	var err error
	s.scim, err = scim.NewServer(&scim.ServerArgs{ResourceTypes: types, ServiceProviderConfig: &scim.ServiceProviderConfig{MaxResults: page, SupportFiltering: true, SupportPatch: true,
		AuthenticationSchemes: []scim.AuthenticationScheme{{Type: scim.AuthenticationTypeOauthBearerToken, Name: "Secret", Primary: true,
			Description: "The secret that an administrator makes in the company's settings, sent as a bearer token."}}}},
		scim.WithBaseURL(Address(base)))
	return s, err
}

type directoryKey struct{}

func directory(r *http.Request) market.Directory {
	d, _ := r.Context().Value(directoryKey{}).(market.Directory)
	return d
}

// ServeHTTP answers a directory that shows its secret.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scheme, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		raw = ""
	}
	d, err := s.market.DirectoryBy(r.Context(), strings.TrimSpace(raw))
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="homecoming"`)
		w.Header().Set("Content-Type", "application/scim+json")
		e := s.told(r, err)
		w.WriteHeader(e.Status)
		if err := json.NewEncoder(w).Encode(e); err != nil {
			s.log.WarnContext(r.Context(), "the directory did not wait for its answer", "error", err)
		}
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "The body is too long, or did not come to its end.", http.StatusRequestEntityTooLarge)
		return
	}
	r = r.Clone(context.WithValue(r.Context(), directoryKey{}, d))
	r.URL.Path = strings.TrimPrefix(r.URL.Path, "/scim")
	if r.Method == http.MethodPatch || r.Method == http.MethodPost || r.Method == http.MethodPut {
		body = plainTruths(body)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	s.scim.ServeHTTP(w, r)
}

// plainTruths is a body in which "active" is true or false where it was the word "True" or "False": Entra sends words (Microsoft,
// "Known issues and resolutions with SCIM 2.0 protocol compliance"). What is no JSON stays as it is, and is refused later.
func plainTruths(body []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var all map[string]any
	if err := d.Decode(&all); err != nil {
		return body
	}
	soften(all)
	for key, v := range all {
		operations, ok := v.([]any)
		if !ok || !strings.EqualFold(key, "Operations") {
			continue
		}
		for _, op := range operations {
			line, _ := op.(map[string]any)
			if value, ok := line["value"].(map[string]any); ok {
				soften(value)
			} else if path, _ := line["path"].(string); strings.EqualFold(path, "active") {
				line["value"] = truth(line["value"])
			}
		}
	}
	softened, err := json.Marshal(all)
	if err != nil {
		return body
	}
	return softened
}

func soften(attributes map[string]any) {
	for key, v := range attributes {
		if strings.EqualFold(key, "active") {
			attributes[key] = truth(v)
		}
	}
}

func truth(v any) any {
	word, _ := v.(string)
	switch {
	case strings.EqualFold(word, "true"):
		return true
	case strings.EqualFold(word, "false"):
		return false
	}
	return v
}

// told is an error as the protocol says it. What is not the directory's own doing is kept for our log.
func (s *Server) told(r *http.Request, err error) scimerrors.ScimError {
	var said scimerrors.ScimError
	if errors.As(err, &said) {
		return said
	}
	var p *problem.Error
	if !errors.As(err, &p) {
		s.log.ErrorContext(r.Context(), "a directory was not answered", "error", err)
		return scimerrors.ScimErrorInternal
	}
	said = scimerrors.ScimError{Detail: p.In(problem.English)}
	if p.Field != "" {
		said.Detail = p.Field + ": " + said.Detail
	}
	switch p.Kind {
	case problem.Unauthenticated:
		said.Status = http.StatusUnauthorized
	case problem.Forbidden:
		said.Status = http.StatusForbidden
	case problem.NotFound:
		said.Status = http.StatusNotFound
	case problem.Conflict:
		said.Status = http.StatusConflict
		if p.Code == market.ErrUserNameTaken.Code || p.Code == market.ErrGroupNameTaken.Code || p.Code == market.ErrAccountOfPerson.Code {
			said.ScimType = scimerrors.ScimTypeUniqueness
		}
	default:
		said.Status, said.ScimType = http.StatusBadRequest, scimerrors.ScimTypeInvalidValue
	}
	return said
}

// id reads an id of ours; anything else names nothing.
func id(text string) (uuid.UUID, error) {
	of, err := uuid.Parse(text)
	if err != nil {
		return of, scimerrors.ScimErrorResourceNotFound(text)
	}
	return of, nil
}
