from articles.views import _s as article
new=corrections=article
