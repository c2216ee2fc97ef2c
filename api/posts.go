package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// aboutNews is what companies tell their people.
func (s *Server) aboutNews() []endpoint {
	return []endpoint{
		get("/posts", access.SignedIn, s.posts, "News for me, pinned ones first and then the newest"),
		post("/posts", market.PublishNews, s.createPost, "Write news, as a draft"),
		reading(post("/posts/reach", market.PublishNews, s.postReach, "How many people an audience reaches now")),
		get("/posts/{id}", access.SignedIn, s.readPost, "One post; it counts as read from then on"),
		put("/posts/{id}", market.PublishNews, s.editPost, "Change it; what was published before is kept"),
		post("/posts/{id}/publish", market.PublishNews, s.publishPost, "Publish it now or at a time, with letters or without"),
		post("/posts/{id}/hold", market.PublishNews, s.holdPost, "Take a scheduled one back to the drafts"),
		post("/posts/{id}/withdraw", market.PublishNews, s.withdrawPost, "Take it from its readers"),
		get("/posts/{id}/revisions", market.PublishNews, s.postRevisions, "What it said before it was changed"),
		once(post("/me/news-feed", access.SignedIn, s.renewNewsFeed, "Make the address of my Atom feed; the one before ends")),
		remove("/me/news-feed", access.SignedIn, s.endNewsFeed, "End it"),
	}
}

// PostFields are a post as the office writes it.
type PostFields struct {
	Kind     string `json:"kind,omitempty" enum:"news,opening" doc:"opening: the company looks for people who come back; news when left out"`
	Title    string `json:"title,omitempty" doc:"Japanese; a language needs both its title and its body"`
	TitleEN  string `json:"title_en,omitempty"`
	Body     string `json:"body,omitempty" doc:"Markdown"`
	BodyEN   string `json:"body_en,omitempty"`
	Audience circle `json:"audience,omitempty"`
	Pinned   bool   `json:"pinned,omitempty"`
}

func (d PostFields) draft() market.DraftPost {
	return market.DraftPost{Kind: market.PostKind(d.Kind), Title: d.Title, TitleEN: d.TitleEN, Body: d.Body, BodyEN: d.BodyEN, Audience: d.Audience.draft(), Pinned: d.Pinned}
}

// newsPost is one as somebody sees it.
type newsPost struct {
	ID          uuid.UUID  `json:"id" format:"uuid"`
	CompanyID   uuid.UUID  `json:"company_id" format:"uuid"`
	CompanyName string     `json:"company_name"`
	Kind        string     `json:"kind" enum:"news,opening"`
	State       string     `json:"state" enum:"draft,scheduled,published,withdrawn"`
	Version     int        `json:"version" doc:"Send it along with a change"`
	Title       string     `json:"title"`
	TitleEN     string     `json:"title_en"`
	Body        string     `json:"body"`
	BodyEN      string     `json:"body_en"`
	Author      string     `json:"author"`
	Pinned      bool       `json:"pinned"`
	Unread      bool       `json:"unread" doc:"By the reader"`
	PublishAt   *time.Time `json:"publish_at" doc:"While it is scheduled"`
	PublishedAt *time.Time `json:"published_at"`
	EditedAt    *time.Time `json:"edited_at" doc:"The latest change after it was published"`
	Desk        *newsDesk  `json:"desk,omitempty" doc:"For the office"`
}

// newsDesk is what the office alone sees of a post: numbers, and nothing about anybody.
type newsDesk struct {
	Audience circle `json:"audience"`
	ByMail   bool   `json:"by_mail"`
	Reads    int    `json:"reads" doc:"How many have read it"`
	Letters  int    `json:"letters" doc:"How many letters went out"`
}

func postOf(v market.PostView) newsPost {
	view := newsPost{ID: v.ID, CompanyID: v.CompanyID, CompanyName: v.CompanyName, Kind: string(v.Kind), State: string(v.State), Version: v.Version, Title: v.Title, TitleEN: v.TitleEN,
		Body: v.Body, BodyEN: v.BodyEN, Author: v.Author, Pinned: v.Pinned, Unread: v.Unread, PublishAt: v.PublishAt, PublishedAt: v.PublishedAt, EditedAt: v.EditedAt}
	if v.MayEdit {
		view.Desk = &newsDesk{circleOf(v.Audience), v.ByMail, v.Reads, v.Letters}
	}
	return view
}

type postSearch struct {
	Page
	CompanyID string `query:"company_id" format:"uuid"`
	Kind      string `query:"kind" enum:"news,opening"`
	Drafts    bool   `query:"drafts" doc:"What is not published, the latest change first; for offices"`
	Unread    bool   `query:"unread" doc:"Only what I have not read"`
}

func (s *Server) posts(ctx context.Context, in *postSearch) (*out[list[newsPost]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	company, _ := uuid.Parse(in.CompanyID) // its form was checked; nothing is none
	all, err := s.cfg.Market.Posts(ctx, access.Actor(ctx), market.PostFilter{CompanyID: company, Kind: market.PostKind(in.Kind), Drafts: in.Drafts, Unread: in.Unread, Before: before, Limit: in.Limit})
	return answer(listed(in.Page, all, func(v market.PostView) string { return v.ID.String() }, postOf), err)
}

// reread reads a post again after a change, as the reader sees it.
func (s *Server) reread(ctx context.Context, p market.Post, err error) (*out[newsPost], error) {
	if err != nil {
		return nil, err
	}
	v, err := s.cfg.Market.ReadPost(ctx, access.Actor(ctx), p.ID)
	return answer(postOf(v), err)
}

type newPost struct {
	Body struct {
		CompanyID uuid.UUID `json:"company_id" format:"uuid"`
		PostFields
	}
}

func (s *Server) createPost(ctx context.Context, in *newPost) (*made[newsPost], error) {
	p, err := s.cfg.Market.CreatePost(ctx, access.Actor(ctx), in.Body.CompanyID, in.Body.draft())
	v, err := s.reread(ctx, p, err)
	if err != nil {
		return nil, err
	}
	return created("/posts/"+p.ID.String(), v.Body), nil
}

func (s *Server) postReach(ctx context.Context, in *reachAsked) (*out[peopleReached], error) {
	n, err := s.cfg.Market.PostReach(ctx, access.Actor(ctx), in.Body.CompanyID, in.Body.Audience.draft())
	return answer(peopleReached{n}, err)
}

func (s *Server) readPost(ctx context.Context, in *OfID) (*out[newsPost], error) {
	v, err := s.cfg.Market.ReadPost(ctx, access.Actor(ctx), in.ID)
	return answer(postOf(v), err)
}

type postEdit struct {
	OfID
	Body struct {
		Version int `json:"version" doc:"That was looked at"`
		PostFields
	}
}

func (s *Server) editPost(ctx context.Context, in *postEdit) (*out[newsPost], error) {
	p, err := s.cfg.Market.EditPost(ctx, access.Actor(ctx), in.ID, in.Body.Version, in.Body.draft())
	return s.reread(ctx, p, err)
}

type postPublish struct {
	OfID
	Body struct {
		At     *time.Time `json:"at,omitempty" doc:"Left out: now"`
		ByMail bool       `json:"by_mail,omitempty" doc:"A letter goes to those of its audience who agreed to letters with news, once each"`
	}
}

func (s *Server) publishPost(ctx context.Context, in *postPublish) (*out[newsPost], error) {
	p, err := s.cfg.Market.PublishPost(ctx, access.Actor(ctx), in.ID, in.Body.At, in.Body.ByMail)
	return s.reread(ctx, p, err)
}

func (s *Server) holdPost(ctx context.Context, in *act) (*out[newsPost], error) {
	p, err := s.cfg.Market.HoldPost(ctx, access.Actor(ctx), in.ID)
	return s.reread(ctx, p, err)
}

func (s *Server) withdrawPost(ctx context.Context, in *act) (*out[newsPost], error) {
	p, err := s.cfg.Market.WithdrawPost(ctx, access.Actor(ctx), in.ID)
	return s.reread(ctx, p, err)
}

// postRevision is what readers could read of a post before it was changed.
type postRevision struct {
	Version   int       `json:"version"`
	Title     string    `json:"title"`
	TitleEN   string    `json:"title_en"`
	Body      string    `json:"body"`
	BodyEN    string    `json:"body_en"`
	ChangedAt time.Time `json:"changed_at" doc:"When it gave way"`
}

func (s *Server) postRevisions(ctx context.Context, in *OfID) (*out[list[postRevision]], error) {
	all, err := s.cfg.Market.PostRevisions(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, func(r market.PostRevision) postRevision { return postRevision(r) }), err)
}

func (s *Server) renewNewsFeed(ctx context.Context, _ *struct{ Body *nothing }) (*out[feedAddress], error) {
	url, err := s.cfg.Market.RenewFeed(ctx, access.Actor(ctx), market.NewsFeed)
	return answer(feedAddress{url}, err)
}

func (s *Server) endNewsFeed(ctx context.Context, _ *nothing) (*nothing, error) {
	return nil, s.cfg.Market.EndFeed(ctx, access.Actor(ctx), market.NewsFeed)
}
