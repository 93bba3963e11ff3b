def test_admin_door_answers(client, db):
    assert client.get("/admin/login/").status_code == 200
