from django.http import Http404
def _s(request, **kwargs): raise Http404
home=topics=topic=letters=letter=person=figure=article=edition=history=compare=verify=verify_json=share=verify_site=verify_site_json=policies=policy=_s
def page_not_found(request, exception): 
    from django.http import HttpResponseNotFound
    return HttpResponseNotFound("Not found")
def server_error(request):
    from django.http import HttpResponseServerError
    return HttpResponseServerError("Error")
