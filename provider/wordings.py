"""What the protocol's types are called where customers choose among them."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from provider.protocol.types import ServiceType

TYPES: Mapping[ServiceType, str | Promise] = {
    ServiceType.DEFAULT: _("By quantity"),
    ServiceType.PACKAGE: _("Package"),
    ServiceType.CUSTOM_COMMENTS: _("Comments of your own"),
    ServiceType.CUSTOM_COMMENTS_PACKAGE: _("Package of comments of your own"),
    ServiceType.MENTIONS: _("Mentions"),
    ServiceType.MENTIONS_WITH_HASHTAGS: _("Mentions with hashtags"),
    ServiceType.MENTIONS_CUSTOM_LIST: _("Mentions from a list of your own"),
    ServiceType.MENTIONS_HASHTAG: _("Mentions by hashtag"),
    ServiceType.MENTIONS_USER_FOLLOWERS: _("Mentions of followers"),
    ServiceType.MENTIONS_MEDIA_LIKERS: _("Mentions of likers"),
    ServiceType.COMMENT_LIKES: _("Likes of comments"),
    ServiceType.COMMENT_REPLIES: _("Replies to comments"),
    ServiceType.POLL: _("Polls"),
    ServiceType.INVITES_FROM_GROUPS: _("Invitations from groups"),
    ServiceType.SEO: _("Search"),
    ServiceType.WEB_TRAFFIC: _("Visitors of a website"),
    ServiceType.SUBSCRIPTIONS: _("Subscriptions"),
}
