"""Every public address. An article's own page is stored ready for sending; the rest is made when asked for."""

from django.urls import path, re_path

from articles import feeds, sitemaps, views

browsing = [
    path("", views.home, name="home"),
    path("topics/", views.topics, name="topics"),
    path("topics/<slug:slug>/", views.topic, name="topic"),
    path("a-z/", views.letters, name="letters"),
    re_path(r"^a-z/(?P<letter>[a-z]|0-9)/$", views.letter, name="letter"),
    path("people/<str:uid>/", views.person, name="person"),
    path("media/<str:name>", views.figure, name="figure"),
]

article = [
    path("articles/<slug:slug>/", views.article, name="article"),
    path("articles/<slug:slug>/editions/<int:number>/", views.edition, name="edition"),
    path("articles/<slug:slug>/editions/<int:number>/cite/<slug:format>/", views.cite, name="cite"),
    path(
        "articles/<slug:slug>/editions/<int:number>/sources/<slug:format>/",
        views.edition_sources,
        name="edition_sources",
    ),
    path("articles/<slug:slug>/history/", views.history, name="history"),
    path("articles/<slug:slug>/compare/", views.compare, name="compare"),
    path("articles/<slug:slug>/verify/", views.verify, name="verify"),
    path("articles/<slug:slug>/verify.json", views.verify_json, name="verify_json"),
    path("articles/<slug:slug>/share/", views.share, name="share"),
    path("articles/<slug:slug>/feed/", feeds.article, name="article_feed"),
]

evidence = [
    path("sources/<slug:key>/", views.source, name="source"),
    path("sources/<slug:key>/cite/<slug:format>/", views.source_cite, name="source_cite"),
    path("verify/", views.verify_site, name="verify_site"),
    path("verify.json", views.verify_site_json, name="verify_site_json"),
    path("policies/", views.policies, name="policies"),
    path("policies/<slug:slug>/", views.policy, name="policy"),
]

machines = [
    path("feeds/new/", feeds.new, name="feed_new"),
    path("feeds/corrections/", feeds.corrections, name="feed_corrections"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-<int:page>.xml", sitemaps.sitemap_page, name="sitemap_page"),
    path("robots.txt", sitemaps.robots, name="robots"),
]

urlpatterns = [*browsing, *article, *evidence, *machines]
