from articles.views import _s as sitemap
sitemap_page=robots=sitemap
