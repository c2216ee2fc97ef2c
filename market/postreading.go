package market

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// VisiblePosts narrows a query over posts to what the actor may see at a moment: all of a company's for its office, and otherwise
// the published ones that are for them. Whom a provider vouched for sees its company's alone.
func (a Actor) VisiblePosts(q *gorm.DB, now time.Time) *gorm.DB {
	if a.Through != uuid.Nil {
		q = q.Where("posts.company_id = ?", a.Through)
	}
	return q.Where("(posts.company_id IN @companies OR posts.state = 'published' AND posts.company_id NOT IN @away AND "+postsFor.asksMe()+")",
		map[string]any{"companies": orNone(a.Companies(PublishNews)), "person": a.PersonID, "now": now, "away": orNone(a.keptOut())})
}

// A PostView is a post as one person sees it.
type PostView struct {
	Post
	CompanyName string
	CompanyEN   string
	Author      string
	Unread      bool // by this reader
	MayEdit     bool
	Reads       int // how many have read it; 0 for whoever may not edit
	Letters     int // how many letters went out, likewise
}

// A PostFilter narrows a list of posts; zero fields do not.
type PostFilter struct {
	CompanyID uuid.UUID
	Kind      PostKind
	Drafts    bool      // what is not published, the latest change first; else what is, pinned first and then the newest
	Unread    bool      // only what the actor has not read
	Before    uuid.UUID // the cursor: the last one of the page before
	Limit     int
}

// Posts lists what the actor may see.
func (s *Service) Posts(ctx context.Context, who Actor, f PostFilter) ([]PostView, error) {
	g := s.db.Gorm(ctx)
	q := who.VisiblePosts(g.Model(&Post{}), s.clock.Now())
	if f.CompanyID != uuid.Nil {
		q = q.Where("posts.company_id = ?", f.CompanyID)
	}
	if f.Kind != "" {
		q = q.Where("posts.kind = ?", f.Kind)
	}
	if f.Unread {
		q = q.Where("NOT EXISTS (SELECT 1 FROM post_reads r WHERE r.post_id = posts.id AND r.person_id = ?)", who.PersonID)
	}
	place, order := "posts.pinned, posts.published_at, posts.id", "posts.pinned DESC, posts.published_at DESC, posts.id DESC"
	if f.Drafts {
		place, order = "posts.updated_at, posts.id", "posts.updated_at DESC, posts.id DESC"
	}
	q = q.Where("(posts.state <> 'published') = ?", f.Drafts).Order(order)
	if f.Before != uuid.Nil {
		q = q.Where("("+place+") < (SELECT "+place+" FROM posts WHERE id = ?)", f.Before)
	}
	var list []Post
	if err := q.Limit(Page(f.Limit)).Find(&list).Error; err != nil {
		return nil, err
	}
	return s.viewPosts(g, who, list)
}

// ReadPost opens one for whoever may see it, and notes for a reader of its audience that they have read it.
func (s *Service) ReadPost(ctx context.Context, who Actor, id uuid.UUID) (PostView, error) {
	var v PostView
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		now := s.clock.Now()
		var p Post
		if err := one(who.VisiblePosts(tx.Where("posts.id = ?", id), now).Take(&p)); err != nil {
			return err
		}
		err := tx.Exec("INSERT INTO post_reads (post_id, company_id, person_id, read_at) SELECT posts.id, posts.company_id, @person, @now FROM posts WHERE posts.id = @id AND posts.state = 'published' AND "+
			postsFor.asksMe()+" ON CONFLICT DO NOTHING", map[string]any{"id": id, "person": who.PersonID, "now": now}).Error
		if err != nil {
			return err
		}
		list, err := s.viewPosts(tx, who, []Post{p})
		if err == nil {
			v = list[0]
		}
		return err
	})
	return v, err
}

// viewPosts puts to posts what belongs to them, in one query however many they are.
func (s *Service) viewPosts(g *gorm.DB, who Actor, list []Post) ([]PostView, error) {
	views, ids, at := make([]PostView, len(list)), make([]uuid.UUID, len(list)), map[uuid.UUID]*PostView{}
	for i, p := range list {
		views[i], ids[i] = PostView{Post: p, MayEdit: who.can(PublishNews, p.CompanyID)}, p.ID
		at[p.ID] = &views[i]
	}
	if len(list) == 0 {
		return views, nil
	}
	var about []struct {
		ID           uuid.UUID
		Name, NameEN string
		Author       string
		Unread       bool
		Reads        int
		Letters      int
	}
	err := g.Raw(`SELECT posts.id, x.name, x.name_en, name_of(w) AS author, posts.state = 'published' AND `+postsFor.asksMe()+`
			AND NOT EXISTS (SELECT 1 FROM post_reads r WHERE r.post_id = posts.id AND r.person_id = @person) AS unread,
			(SELECT count(*) FROM post_reads r WHERE r.post_id = posts.id AND posts.company_id IN @companies) AS reads,
			(SELECT count(*) FROM post_letters l WHERE l.post_id = posts.id AND posts.company_id IN @companies) AS letters
		FROM posts JOIN companies x ON x.id = posts.company_id JOIN people w ON w.id = posts.created_by WHERE posts.id IN @ids`,
		map[string]any{"ids": ids, "person": who.PersonID, "now": s.clock.Now(), "companies": orNone(who.Companies(PublishNews))}).Scan(&about).Error
	for _, a := range about {
		v := at[a.ID]
		v.CompanyName, v.CompanyEN, v.Author, v.Unread, v.Reads, v.Letters = a.Name, a.NameEN, a.Author, a.Unread, a.Reads, a.Letters
	}
	return views, err
}

// A PostRevision is what readers could read of a post before it was changed.
type PostRevision struct {
	Version   int
	Title     string
	TitleEN   string `gorm:"column:title_en"`
	Body      string
	BodyEN    string `gorm:"column:body_en"`
	ChangedAt time.Time
}

// PostRevisions are the earlier texts of a post, the latest first, for the office.
func (s *Service) PostRevisions(ctx context.Context, who Actor, id uuid.UUID) ([]PostRevision, error) {
	g := s.db.Gorm(ctx)
	var p Post
	if err := one(who.VisiblePosts(g.Where("posts.id = ?", id), s.clock.Now()).Take(&p)); err != nil {
		return nil, err
	}
	if !who.can(PublishNews, p.CompanyID) {
		return nil, ErrForbidden.With("action", string(PublishNews))
	}
	var list []PostRevision
	return list, g.Raw("SELECT version, title, title_en, body, body_en, changed_at FROM post_revisions WHERE post_id = ? ORDER BY version DESC", id).Scan(&list).Error
}

// PostURL is where a post is on the web.
func (s *Service) PostURL(id uuid.UUID) string { return s.home + "/news/" + id.String() }

// mostFed is how many posts a feed holds.
const mostFed = 50

// NewsBehind is the news behind the address of a feed, and whose it is. ErrNotFound for an address that is none, or not any more.
func (s *Service) NewsBehind(ctx context.Context, raw string) (Actor, []PostView, error) {
	who, err := s.behind(ctx, NewsFeed, raw)
	if err != nil {
		return who, nil, err
	}
	list, err := s.Posts(ctx, who, PostFilter{Limit: mostFed})
	return who, list, err
}
