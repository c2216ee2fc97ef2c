package api

// EngineRoutes lists what gin really answers, as "GET /tasks/:id".
func (s *Server) EngineRoutes() []string {
	var all []string
	for _, r := range s.engine.Routes() {
		all = append(all, r.Method+" "+r.Path)
	}
	return all
}

// Unlisted registers a route behind the table's back.
func (s *Server) Unlisted(path string) { s.engine.GET(path, s.alive) }

// Documented lists the routes that belong into the document, as "get /api/v1/tasks/{id}".
func (s *Server) Documented() []string {
	var all []string
	for _, e := range s.endpoints() {
		if e.register != nil {
			all = append(all, e.Method+" "+e.Path)
		}
	}
	return all
}
